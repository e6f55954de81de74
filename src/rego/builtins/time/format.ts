import type { LocalTime } from "./calendar.ts";
import { type Element, months, nextChunk, weekdays } from "./layout.ts";

/** Writes a time as Go's `Time.Format` does. */
export function formatTime(time: LocalTime, layout: string): string {
  let text = "";
  for (let at = 0; at < layout.length; ) {
    const chunk = nextChunk(layout, at);
    text += chunk.literal;
    if (chunk.element === undefined) break;
    text += formatElement(time, chunk.element, chunk.text);
    at += chunk.literal.length + chunk.text.length;
  }
  return text;
}

function pad(value: number, width: number, filler = "0"): string {
  const digits = String(Math.abs(value)).padStart(width, filler);
  return value < 0 ? `-${digits}` : digits;
}

function formatElement(time: LocalTime, element: Element, text: string): string {
  const hour12 = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (element) {
    case "2006":
      return pad(time.year, 4);
    case "06":
      return pad(((time.year % 100) + 100) % 100, 2);
    case "January":
      return months[time.month - 1] ?? "";
    case "Jan":
      return (months[time.month - 1] ?? "").slice(0, 3);
    case "1":
      return String(time.month);
    case "01":
      return pad(time.month, 2);
    case "Monday":
      return weekdays[time.weekday] ?? "";
    case "Mon":
      return (weekdays[time.weekday] ?? "").slice(0, 3);
    case "2":
      return String(time.day);
    case "_2":
      return pad(time.day, 2, " ");
    case "02":
      return pad(time.day, 2);
    case "__2":
      return pad(time.yearDay, 3, " ");
    case "002":
      return pad(time.yearDay, 3);
    case "15":
      return pad(time.hour, 2);
    case "3":
      return String(hour12);
    case "03":
      return pad(hour12, 2);
    case "4":
      return String(time.minute);
    case "04":
      return pad(time.minute, 2);
    case "5":
      return String(time.second);
    case "05":
      return pad(time.second, 2);
    case "PM":
      return time.hour >= 12 ? "PM" : "AM";
    case "pm":
      return time.hour >= 12 ? "pm" : "am";
    case "MST":
      return time.abbreviation;
    case "fraction0":
    case "fraction9":
      return formatFraction(time.nanosecond, text, element === "fraction9");
    default:
      return formatOffset(time.offset, element);
  }
}

function formatFraction(nanosecond: number, text: string, trims: boolean): string {
  const digits = String(nanosecond)
    .padStart(9, "0")
    .slice(0, text.length - 1)
    .padEnd(text.length - 1, "0");
  const shown = trims ? digits.replace(/0+$/, "") : digits;
  return shown === "" ? "" : text.slice(0, 1) + shown;
}

function formatOffset(offset: number, element: string): string {
  if (offset === 0 && element.startsWith("Z")) return "Z";
  const total = Math.abs(offset);
  const colon = element.includes(":") ? ":" : "";
  const hours = pad(Math.floor(total / 3600), 2);
  const minutes = pad(Math.floor((total % 3600) / 60), 2);
  const seconds = pad(total % 60, 2);
  const sign = offset < 0 ? "-" : "+";
  const fields = element.slice(1).replaceAll(":", "").length / 2;
  return sign + [hours, minutes, seconds].slice(0, fields).join(colon);
}
