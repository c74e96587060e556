/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moments as files of other people write them.
 */
#include "collector/instant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOUR_S 3600
#define DAY_S  86400

/* Exactly `digits` digits; moves on behind them. Returns -1 where there are others. */
static int number(const char **at, int digits)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static bool skip(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static int days_of(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970 of a date that is in the calendar; -1 for another. */
static int64_t days_since_1970(int year, int month, int day)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of(year, month))
		return -1;
	return timegm(&tm) / DAY_S;
}

static int64_t parse_day(const char **at)
{
	int year = number(at, 4), month, day;

	if (year < 0 || !skip(at, '-'))
		return -1;
	month = number(at, 2);
	if (!skip(at, '-'))
		return -1;
	day = number(at, 2);
	return days_since_1970(year, month, day);
}

/* "03:04", "03:04:05", "03:04:05.678" in seconds, or -1. */
static int parse_time(const char **at)
{
	int hour = number(at, 2), minute, second = 0;

	if (hour < 0 || hour > 24 || !skip(at, ':'))
		return -1;
	minute = number(at, 2);
	if (minute < 0 || minute > 59)
		return -1;
	if (skip(at, ':')) {
		second = number(at, 2);
		if (second < 0 || second > 60)
			return -1;
		if (skip(at, '.') || skip(at, ','))
			*at += strspn(*at, "0123456789");
	}
	if (hour == 24 && (minute || second))
		return -1;
	return hour * HOUR_S + minute * 60 + second;
}

/* "Z", "+01:00", "+0100", "-05": seconds east of Greenwich. */
static int parse_zone(const char **at, int *east_s)
{
	int sign = **at == '-' ? -1 : 1, hours, minutes = 0;

	*east_s = 0;
	if (skip(at, 'Z') || skip(at, 'z'))
		return 0;
	if (!skip(at, '+') && !skip(at, '-'))
		return -EINVAL;
	hours = number(at, 2);
	if (hours >= 0 && **at) {
		skip(at, ':');
		minutes = number(at, 2);
	}
	if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59)
		return -EINVAL;
	*east_s = sign * (hours * HOUR_S + minutes * 60);
	return 0;
}

int instant_parse(const char *text, bool utc, int64_t *unix_s)
{
	int64_t day = parse_day(&text);
	int time, east_s = 0;

	if (day < 0 || (*text != 'T' && *text != ' ' && *text != 't'))
		return -EINVAL;
	text++;
	time = parse_time(&text);
	if (time < 0)
		return -EINVAL;
	while (skip(&text, ' '))
		;
	if (!*text && !utc)
		return -ENOTUNIQ;
	if (*text && (parse_zone(&text, &east_s) || *text))
		return -EINVAL;
	*unix_s = day * DAY_S + time - east_s;
	return 0;
}

/* The last Sunday of a month of 31 days, in days since 1970; that began on a Thursday. */
static int64_t last_sunday(int year, int month)
{
	int64_t last = days_since_1970(year, month, 31);

	return last - (last + 4) % 7;
}

/* Directive 2000/84/EC: from 01:00 UTC on the last Sunday of March to that of October. */
static bool is_summer(int year, int64_t unix_s)
{
	return unix_s >= last_sunday(year, 3) * DAY_S + HOUR_S &&
	       unix_s < last_sunday(year, 10) * DAY_S + HOUR_S;
}

static int64_t parse_day_either_way(const char *text, int *year)
{
	const char *at = text;
	int64_t days = -1;
	int day, month;

	if (strlen(text) != 10)
		return -1;
	if (text[4] == '-') {
		*year = number(&at, 4);
		at = text;
		return parse_day(&at);
	}
	day = number(&at, 2);
	if (day < 0 || !skip(&at, '/'))
		return -1;
	month = number(&at, 2);
	if (month < 0 || !skip(&at, '/'))
		return -1;
	*year = number(&at, 4);
	if (*year >= 0)
		days = days_since_1970(*year, month, day);
	return days;
}

int instant_parse_cet(const char *day, const char *time, int64_t after_s, int64_t *unix_s)
{
	int year = 0;
	int64_t days = parse_day_either_way(day, &year), summer, winter;
	int seconds = parse_time(&time);

	if (days < 0 || seconds < 0 || *time)
		return -EINVAL;
	winter = days * DAY_S + seconds - HOUR_S;
	summer = winter - HOUR_S;
	*unix_s = is_summer(year, summer) && summer > after_s ? summer : winter;
	return 0;
}

void instant_text(int64_t unix_s, char text[INSTANT_MAX])
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	if (unix_s < 0 || unix_s > 253402300799 || !gmtime_r(&t, &tm) ||
	    !strftime(text, INSTANT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, INSTANT_MAX, "?");
}
