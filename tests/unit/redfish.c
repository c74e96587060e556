/* SPDX-License-Identifier: Apache-2.0 */
/*
 * redfish, prometheus: recorded answers, and a BMC over real HTTP.
 */
#include "tests/unit/sensors.h"

#include <sys/wait.h>
#include <unistd.h>

#include "collector/http.h"

#define BMC	"root/http/bmc.example/redfish/v1/"
#define SENSORS "root/etc/gramme/sensors.tsv"

static void one_chassis_is_the_node(void **state)
{
	struct sensors s;
	size_t at;

	(void)state;
	sensors_open(&s, MACHINES "redfish");
	sensors_expect(&s, "node:redfish");
	assert_true(sensors_domain(&s, "node", &at)->error_pct == POWER_ERROR_MEDIUM);
	/* The enclosure's 3 kW are not taken, a tray's 900 W not added, and the tray is told of. */
	sensors_finding(&s, "redfish: https://bmc.example: 2 chassis show power, "
			    "/redfish/v1/Chassis/Blade3/Power is taken");
	for (uint64_t i = 1; i <= 50; i++) { /* null from 40 to 50 s: bridged */
		sensors_after(&s, 2 * SECOND);
		sensors_good(&s, "node", i * 800 * JOULE);
	}
	sensors_close(&s);
}

static void a_long_null_is_a_gap(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "redfish-null");
	sensors_expect(&s, "node:redfish");
	sensors_finding(&s, "redfish: https://bmc.example: it shows no power");
	for (int i = 0; i < 15; i++) {
		sensors_after(&s, 2 * SECOND);
		assert_int_equal(sensors_reading(&s, "node")->error, -ENODATA);
		assert_int_equal(sensors_reading(&s, "node")->energy_uj, 0);
	}
	sensors_after(&s, 2 * SECOND); /* from 32 s on the BMC is there, with a newer figure */
	assert_true(sensors_reading(&s, "node")->gap);
	sensors_after(&s, 10 * SECOND);
	sensors_good(&s, "node", 10 * 350 * JOULE + 5 * JOULE);
	sensors_close(&s);
}

/* What a machine of one entry finds. */
static void expect_finding(const char *sensors, const char *values, const char *domains,
			   const char *finding)
{
	struct sensors s;
	char dir[64];

	machine_make(dir);
	machine_put(dir, SENSORS, sensors);
	machine_put(dir, "values.tsv", values);
	machine_put(dir, "root/etc/gramme/secret", "word\n");
	sensors_open(&s, dir);
	sensors_expect(&s, domains);
	sensors_finding(&s, finding);
	sensors_close(&s);
	machine_remove(dir);
}

static void what_is_wrong_is_told(void **state)
{
#define NAMED "redfish\turl=https://b\tuser=u\tsecret=/etc/gramme/secret\n"
#define OPENS "0\t/http/b/redfish/v1/SessionService/Sessions/POST\t{}\n"
	(void)state;
	expect_finding(NAMED, "0\t/http/b/redfish/v1/SessionService/Sessions/POST\t!EACCES\n",
		       "node:redfish",
		       "redfish: https://b: it refuses us; fix: user= and secret= in /etc/gramme");
	expect_finding(NAMED,
		       OPENS "0\t/http/b/redfish/v1/Systems/GET\t{\"Members\":["
			     "{\"@odata.id\":\"/redfish/v1/Systems/1\"},"
			     "{\"@odata.id\":\"/redfish/v1/Systems/2\"}]}\n",
		       "node:redfish",
		       "redfish: https://b serves several systems; fix: system=ID in /etc");
	expect_finding(NAMED, OPENS "0\t/http/b/redfish/v1/Systems/GET\tnonsense\n", "node:redfish",
		       "redfish: https://b: its answer is not understood");
	expect_finding(NAMED, OPENS "0\t/http/b/redfish/v1/Systems/GET\t!ETIMEDOUT\n",
		       "node:redfish", "redfish: https://b: Connection timed out");
	expect_finding("redfish\turl=b\n", OPENS, "", "redfish: /etc/gramme/sensors.tsv:1: url= ");
}

/* Lines of one BMC, whose blade is in an enclosure and has a tray; and of another BMC. */
static void several(const char *lines, const char *domains, const char *finding, uint64_t total_w)
{
#define CHASSIS		 "0\t/http/b/redfish/v1/Chassis/"
#define FIGURE(name)	 "\"Power\":{\"@odata.id\":\"/redfish/v1/Chassis/" name "/Power\"}"
#define LINK(what, name) "\"" what "\":{\"@odata.id\":\"/redfish/v1/Chassis/" name "\"}"
#define WATTS(name, w)                                                                             \
	CHASSIS name "/Power/GET\t{\"PowerControl\":[{\"PowerConsumedWatts\":" w "}]}\n"
	char sensors[1024];
	uint64_t before_uj;
	struct sensors s;
	char dir[64];

	machine_make(dir);
	snprintf(sensors, sizeof(sensors), "%s", lines);
	machine_put(dir, SENSORS, sensors);
	machine_put(dir, "root/etc/gramme/secret", "word\n");
	machine_put(dir, "root/http/c/redfish/v1/Chassis/Jbod/GET", "{" FIGURE("Jbod") "}\n");
	machine_put(dir, "root/http/c/redfish/v1/Chassis/Jbod/Power/GET",
		    "{\"PowerControl\":[{\"PowerConsumedWatts\":70}]}\n");
	machine_put(
		dir, "values.tsv",
		CHASSIS "Blade/GET\t{" FIGURE("Blade") ",\"Links\":{" LINK(
			"ContainedBy",
			"Box") "}}\n" CHASSIS
			       "Box/GET\t{" FIGURE("Box") "}\n" CHASSIS "Tray/GET\t{" FIGURE(
				       "Tray") ",\"Links\":{" LINK("ContainedBy",
								   "Blade") "}}\n" WATTS("Blade",
											 "500")
				       WATTS("Box", "3000") WATTS("Tray", "200"));
	sensors_open(&s, dir);
	sensors_expect(&s, domains);
	if (finding)
		sensors_finding(&s, finding);
	/* The rest of a node begins with the first reading. */
	sensors_after(&s, 2 * SECOND);
	before_uj = sensors_total(&s);
	sensors_after(&s, 2 * SECOND);
	assert_int_equal(sensors_total(&s) - before_uj, total_w * 2 * JOULE);
	sensors_close(&s);
	machine_remove(dir);
}

#define OF_B(chassis) "redfish\turl=https://b\tchassis=" chassis
#define OF_C	      "redfish\turl=https://c\tchassis=Jbod"

static void each_chassis_once(void **state)
{
	(void)state;
	several(OF_B("Blade") "\n" OF_C "\tname=jbod\n", "node:redfish jbod:redfish", NULL, 570);
	several(OF_B("Blade") "\n" OF_B("Tray") "\tname=tray\tkind=gpu\n" OF_C "\tname=jbod\n",
		"node:redfish<machine tray:redfish jbod:redfish rest:redfish", NULL, 570);
	several(OF_B("Blade") "\n" OF_B("Box") "\tname=box\n", "node:redfish",
		"redfish: /etc/gramme/sensors.tsv:2: shows what contains the node", 500);
	several(OF_B("Blade") "\n" OF_B("Blade") "\tname=again\n", "node:redfish",
		"redfish: /etc/gramme/sensors.tsv:2: shows what a line before it shows", 500);
	several(OF_B("Blade") "\n" OF_C "\n", "node:redfish",
		"redfish: /etc/gramme/sensors.tsv:2: a second BMC has a name of its own", 500);
	several(OF_B("Blade") "\n" OF_C "\tname=jbod\twithin=node\n",
		"node:redfish jbod:redfish<node", NULL, 500);
	several(OF_B("Blade") "\n" OF_B("Gone") "\tname=gone\n", "node:redfish",
		"redfish: /etc/gramme/sensors.tsv:2: while its BMC does not tell", 500);
}

static void prometheus_tells_one_series(void **state)
{
	struct sensors s;

	(void)state;
	sensors_open(&s, MACHINES "prometheus");
	sensors_expect(&s, "node:prometheus<machine gpu-0:prometheus rest:prometheus");
	for (uint64_t i = 1; i <= 11; i++) {
		sensors_after(&s, 5 * SECOND);
		sensors_good(&s, "node", i * 2000 * JOULE);
		sensors_good(&s, "gpu-0", i * 1250 * JOULE);
	}
	sensors_close(&s);
#define QUERY  "prometheus\turl=http://p:9090\tquery=up\tunit=watts\n"
#define ONCE   "0\t/http/p:9090/api/v1/query?query=up/GET\t"
#define VECTOR "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":"
	expect_finding(QUERY, ONCE VECTOR "[{\"value\":[1,\"5\"]},{\"value\":[1,\"6\"]}]}}\n",
		       "node:prometheus",
		       "prometheus: http://p:9090: the query gives several series; fix: make");
	expect_finding(QUERY, ONCE VECTOR "[]}}\n", "node:prometheus",
		       "prometheus: http://p:9090: it shows no power");
	expect_finding(QUERY, ONCE VECTOR "[{\"value\":[1,\"NaN\"]}]}}\n", "node:prometheus",
		       "prometheus: http://p:9090: it shows no power");
	expect_finding(QUERY, ONCE "{}\n", "node:prometheus",
		       "prometheus: http://p:9090: its answer is not understood");
	expect_finding("prometheus\turl=http://p:9090\tunit=hp\tquery=up\n", ONCE "{}\n", "",
		       "prometheus: /etc/gramme/sensors.tsv:1: needs query=, and unit=");
}

/* ---- over real HTTP ---- */

struct server {
	pid_t pid;
	int in; /* it ends when this is closed */
	int port;
};

static void start(struct server *server)
{
	int in[2], out[2];
	char text[16] = "";
	FILE *said;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	server->pid = fork();
	if (!server->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[0]), close(in[1]), close(out[0]), close(out[1]);
		execlp("python3", "python3", "tests/fake/bmc.py", (char *)NULL);
		_exit(127);
	}
	close(in[0]), close(out[1]);
	server->in = in[1];
	said = fdopen(out[0], "r");
	assert_non_null(said);
	server->port = fgets(text, sizeof(text), said) ? atoi(text) : 0;
	fclose(said);
	assert_true(server->port > 0);
}

static void end(struct server *server)
{
	close(server->in);
	waitpid(server->pid, NULL, 0);
}

/* A recorded machine whose servers are real ones. */
static struct world_ops ops;
static const struct world_ops *recorded;

static void open_with_servers(struct sensors *s, const char *dir)
{
	struct power_options options = {.model = false};

	s->clock = machine_clock();
	s->world = machine_open(dir, &s->clock);
	recorded = s->world->ops;
	ops = *recorded;
	ops.http = world_http_real;
	s->world->ops = &ops;
	options.world = s->world;
	assert_int_equal(power_open(&options, &s->power), 0);
}

static void expect_state(const struct server *server, const char *expected)
{
	char url[64];
	struct http_request request = {.url = url, .patience_ms = 5000};
	struct http_answer answer;

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/state", server->port);
	assert_int_equal(http_ask(&request, &answer), 0);
	assert_int_equal(answer.status, 200);
	if (!strstr(answer.body, expected))
		fail_msg("'%s' is not in %s", expected, answer.body);
	http_answer_free(&answer);
}

static void make_named(char *dir, const struct server *server, const char *password)
{
	char sensors[512];

	snprintf(sensors, sizeof(sensors),
		 "redfish\turl=http://127.0.0.1:%d/\tuser=metering\tsecret=/secret\n"
		 "prometheus\turl=http://127.0.0.1:%d\tkind=gpu\t"
		 "query=sum(node_power_watts{instance=\"n/7\"})\n",
		 server->port, server->port);
	machine_make(dir);
	machine_put(dir, SENSORS, sensors);
	machine_put(dir, "root/secret", password);
}

static void a_bmc_is_asked_within_sessions(void **state)
{
	struct server server;
	struct sensors s;
	char dir[64];

	(void)state;
	start(&server);
	make_named(dir, &server, "s3cret word\n");
	open_with_servers(&s, dir);
	sensors_expect(&s, "gpu-0:prometheus node:redfish<machine rest:redfish");
	/* Sessions end after eight questions: new ones are begun, and no password is sent else. */
	for (uint64_t i = 1; i <= 20; i++) {
		sensors_after(&s, 5 * SECOND);
		sensors_good(&s, "node", i * 1500 * JOULE);
		sensors_good(&s, "gpu-0", i * 1252500000);
	}
	expect_state(&server, "\"basic\": 0");
	expect_state(&server, "\"open\": 1");
	sensors_close(&s);
	expect_state(&server, "\"open\": 0");
	expect_state(&server, "\"closed\": 1");
	end(&server);
	machine_remove(dir);
}

static void a_wrong_password_and_an_absent_server_are_told(void **state)
{
	struct server server;
	struct sensors s;
	char dir[64];
	char gone[96];

	(void)state;
	start(&server);
	make_named(dir, &server, "wrong\n");
	open_with_servers(&s, dir);
	assert_true(sensors_finding(&s, "redfish: http://127.0.0.1")->permission);
	sensors_after(&s, 2 * SECOND);
	assert_int_equal(sensors_reading(&s, "node")->error, -EACCES);
	sensors_close(&s);
	end(&server);
	open_with_servers(&s, dir);
	snprintf(gone, sizeof(gone), "redfish: http://127.0.0.1:%d/: Connection refused",
		 server.port);
	sensors_finding(&s, gone);
	sensors_close(&s);
	machine_remove(dir);
}

static void a_slow_server_is_not_waited_for(void **state)
{
	struct server server;
	char url[64];
	struct http_request request = {.url = url, .patience_ms = 200};
	struct http_answer answer;

	(void)state;
	start(&server);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/slow", server.port);
	assert_int_equal(http_ask(&request, &answer), -ETIMEDOUT);
	assert_null(answer.body);
	request.url = "file:///etc/passwd";
	assert_int_equal(http_ask(&request, &answer), -EPROTO);
	end(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_chassis_is_the_node),
		cmocka_unit_test(a_long_null_is_a_gap),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(each_chassis_once),
		cmocka_unit_test(prometheus_tells_one_series),
		cmocka_unit_test(a_bmc_is_asked_within_sessions),
		cmocka_unit_test(a_wrong_password_and_an_absent_server_are_told),
		cmocka_unit_test(a_slow_server_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
