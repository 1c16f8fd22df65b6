import { err, ok } from "@mcp-flowgate/core";
import type { GuardIr, Result, Weekday } from "@mcp-flowgate/core";

type ScheduleIr = Extract<GuardIr, { kind: "schedule" }>;

/** A schedule that is ready to be asked. */
export interface Schedule {
  /** Whether it is open at an instant, and the local time there: `sat 03:05`. Undefined for no valid instant. */
  at(now: number): { readonly open: boolean; readonly local: string } | undefined;
}

const WEEKDAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24):(00))$/;

/**
 * Compiles a schedule. Hours are wall clock time in the zone, the end excluded. Where daylight saving skips an hour,
 * a window inside it does not come that day; where an hour comes twice, the window is open both times. A window over
 * midnight belongs to the day on which it begins.
 * @returns the schedule, or what is wrong with it
 */
export function compileSchedule(ir: ScheduleIr): Result<Schedule, string> {
  const hours = ir.hours === undefined ? undefined : HOURS.exec(String(ir.hours));
  if (hours === null) return err("`hours` must be `HH:MM-HH:MM`, for example `09:00-17:30`");
  if (ir.days !== undefined && (!Array.isArray(ir.days) || ir.days.length === 0))
    return err("`days` must name at least one day");
  const days = ir.days === undefined ? undefined : new Set<string>(ir.days);
  const unknownDay = ir.days?.find((day) => !WEEKDAYS.includes(day));
  if (unknownDay !== undefined)
    return err(`unknown day \`${String(unknownDay)}\`; the days are ${WEEKDAYS.join(", ")}`);
  if (hours === undefined && days === undefined) return err("a schedule needs `days` or `hours`");
  const start = hours === undefined ? 0 : minutes(hours[1], hours[2]);
  const end = hours === undefined ? 24 * 60 : minutes(hours[3] ?? hours[5], hours[4] ?? hours[6]);
  if (start === end) return err("`hours` begin and end at the same time; for whole days leave them out");
  const clock = createWallClock(ir.timezone);
  if (clock === undefined)
    return err(`unknown time zone \`${ir.timezone}\`; write an IANA name such as \`Europe/Berlin\``);
  const onDay = (weekday: number): boolean =>
    days === undefined || days.has(WEEKDAYS[weekday % 7] as Weekday);
  return ok({
    at(now) {
      const local = clock(now);
      if (local === undefined) return undefined;
      const { weekday, minute, text } = local;
      if (start < end) return { open: minute >= start && minute < end && onDay(weekday), local: text };
      const began = minute >= start && onDay(weekday);
      const goesOn = minute < end && onDay(weekday + 6);
      return { open: began || goesOn, local: text };
    },
  });
}

interface LocalTime {
  /** 0 is Monday. */
  readonly weekday: number;
  /** Since local midnight. */
  readonly minute: number;
  readonly text: string;
}

function createWallClock(timeZone: string): ((now: number) => LocalTime | undefined) | undefined {
  let format: Intl.DateTimeFormat;
  // Without a zone Intl would take that of the machine.
  if (typeof timeZone !== "string") return undefined;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  } catch {
    return undefined;
  }
  return (now) => {
    // The range of dates that ECMAScript can tell.
    if (!(Math.abs(now) <= 8.64e15)) return undefined;
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const day = (parts.get("weekday") ?? "").toLowerCase();
    const hour = parts.get("hour") ?? "";
    const minute = parts.get("minute") ?? "";
    return {
      weekday: WEEKDAYS.findIndex((weekday) => weekday === day),
      minute: minutes(hour, minute),
      text: `${day} ${hour}:${minute}`,
    };
  };
}

function minutes(hour: string | undefined, minute: string | undefined): number {
  return Number(hour) * 60 + Number(minute);
}
