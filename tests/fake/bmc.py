#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A BMC that speaks Redfish, and a Prometheus server, on a port of their own.

Prints the port, then serves until its standard input is closed. Two chassis: a blade that draws
300 W, and the enclosure around it, 2.4 kW. Room for two sessions; each is good for eight questions.
/state tells, in JSON, what was asked of it. The path /slow answers after two seconds.
"""
import base64
import http.server
import json
import sys
import threading
import time

USER, PASSWORD = "metering", "s3cret word"
sessions = {}
state = {"opened": 0, "closed": 0, "basic": 0, "asked": 0}

TREE = {
    "/redfish/v1/Systems": {"Members": [{"@odata.id": "/redfish/v1/Systems/1"}]},
    "/redfish/v1/Systems/1": {
        "Links": {
            "Chassis": [
                {"@odata.id": "/redfish/v1/Chassis/Enclosure"},
                {"@odata.id": "/redfish/v1/Chassis/Blade"},
            ]
        }
    },
    "/redfish/v1/Chassis/Enclosure": {
        "ChassisType": "Enclosure",
        "Power": {"@odata.id": "/redfish/v1/Chassis/Enclosure/Power"},
    },
    "/redfish/v1/Chassis/Enclosure/Power": {"PowerControl": [{"PowerConsumedWatts": 2400}]},
    "/redfish/v1/Chassis/Blade": {
        "ChassisType": "Blade",
        "Power": {"@odata.id": "/redfish/v1/Chassis/Blade/Power"},
    },
    "/redfish/v1/Chassis/Blade/Power": {
        "PowerControl": [{"PowerConsumedWatts": 300}, {"PowerConsumedWatts": 120}]
    },
}


class Bmc(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, status, body=None, headers=()):
        text = json.dumps(body if body is not None else {}).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def may_ask(self):
        token = self.headers.get("X-Auth-Token")
        if token in sessions:
            sessions[token] -= 1
            if not sessions[token]:
                del sessions[token]
            return True
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == "Basic " + basic:
            state["basic"] += 1
            return True
        return False

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body != {"UserName": USER, "Password": PASSWORD}:
            return self.answer(401)
        if len(sessions) == 2:
            return self.answer(503)
        state["opened"] += 1
        token = f"token-{state['opened']}"
        sessions[token] = 8
        place = f"/redfish/v1/SessionService/Sessions/{token}"
        return self.answer(201, {}, [("X-Auth-Token", token), ("Location", place)])

    def do_DELETE(self):
        state["closed"] += 1
        sessions.pop(self.path.rsplit("/", 1)[1], None)
        return self.answer(204)

    def do_GET(self):
        if self.path == "/state":
            return self.answer(200, {**state, "open": len(sessions)})
        if self.path.startswith("/slow"):
            time.sleep(2)
            return self.answer(200, {})
        if self.path == "/api/v1/query?query=sum%28node_power_watts%7Binstance%3D%22n%2F7%22%7D%29":
            value = {"metric": {}, "value": [time.time(), "250.5"]}
            return self.answer(200, {"data": {"resultType": "vector", "result": [value]}})
        if not self.may_ask():
            return self.answer(401)
        state["asked"] += 1
        if self.path not in TREE:
            return self.answer(404)
        return self.answer(200, TREE[self.path])


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bmc)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
