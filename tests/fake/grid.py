#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Services of carbon intensity on one port: the UK's, RTE's portal, Electricity Maps.

Prints the port, then serves until its standard input is closed. Whatever was asked goes to the file
that it is given, a line each. Below /busy every address is refused once, with a second to wait;
below /down always, below /away for an hour, and below /odd answers are no figures.
"""
import datetime
import http.server
import json
import re
import sys
import threading
import urllib.parse

UTC = datetime.timezone.utc
TOKEN = "s3cret-token"
asked = open(sys.argv[1], "a", encoding="utf-8")
refused = set()


def moments(start, end, minutes):
    at = start.replace(minute=start.minute - start.minute % minutes, second=0)
    while at < end:
        yield at
        at += datetime.timedelta(minutes=minutes)


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def short(at):
    return at.strftime("%Y-%m-%dT%H:%MZ")


def uk(start, end):
    half = datetime.timedelta(minutes=30)
    now = datetime.datetime.now(UTC)
    return {
        "data": [
            {
                "from": short(at),
                "to": short(at + half),
                "intensity": {"forecast": 222, "actual": at.hour + 100 if at < now else None},
            }
            for at in moments(parse(start), parse(end), 30)
        ]
    }


def rte(dataset, query):
    start, end = re.findall(r"date'([^']+)'", query["where"][0])
    kept = dataset == "eco2mix-national-cons-def"
    if kept != (parse(start).year < 2020):
        return []
    # Rows are there a day ahead, and most of their figures are not.
    now = datetime.datetime.now(UTC)
    return [
        {"date_heure": at.isoformat(), "taux_co2": 20 + at.minute if at < now and at.minute != 45 else None}
        for at in moments(parse(start), parse(end), 15)
    ]


def maps(query):
    kind = query["emissionFactorType"][0]
    figure = {"lifecycle": 300, "direct": 250}[kind]
    return {
        "zone": query["zone"][0],
        "data": [
            {"datetime": at.isoformat(), "carbonIntensity": figure, "emissionFactorType": kind}
            for at in moments(parse(query["start"][0]), parse(query["end"][0]), 60)
        ],
    }


class Service(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, status, value, **headers):
        body = json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, path, query):
        parts = path.strip("/").split("/")
        if parts[0] == "intensity":
            return self.say(200, uk(parts[1], parts[2]))
        if parts[0] == "api":
            return self.say(200, rte(parts[5], query))
        if self.headers.get("auth-token") != TOKEN:
            return self.say(401, {"error": "Invalid auth-token"})
        return self.say(200, maps(query))

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        print(urllib.parse.unquote(self.path), file=asked, flush=True)
        mode, _, rest = url.path.strip("/").partition("/")
        if mode == "busy" and self.path not in refused:
            refused.add(self.path)
            return self.say(429, {"error": "too many"}, Retry_After="1")
        if mode == "down":
            return self.say(503, {"error": "maintenance"}, Retry_After="0")
        if mode == "away":
            return self.say(503, {}, Retry_After="3600")
        if mode == "odd":
            return self.say(200, {"hello": "world"})
        return self.answer("/" + rest if mode == "busy" else url.path, urllib.parse.parse_qs(url.query))


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
