import { isJsonObject } from "../types/index.ts";
import { OciError, type OciErrorCode } from "./errors.ts";
import type { TransportResponse } from "./transport.ts";

const maxDetailBytes = 8192;
const maxDetailLength = 200;

const codes: Readonly<Record<number, OciErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  408: "timeout",
  429: "rate-limited",
  500: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

const advice: Partial<Record<OciErrorCode, string>> = {
  unauthorized: "log in to it with an account that may pull",
  forbidden: "the account that was used may not pull this",
  "rate-limited": "try again later, or with credentials",
};

/** Turns an answer that is no success into an error, with what the registry says about it. Reads and ends the body. */
export async function toFaultError(
  response: TransportResponse,
  { subject, host }: { subject: string; host: string },
): Promise<OciError> {
  const code = codes[response.status] ?? "invalid-response";
  const { detail } = await readFault(response);
  const what = code === "invalid-response" ? "an answer that is not expected here" : code.replace("-", " ");
  const hint = advice[code] === undefined ? "" : `; ${advice[code]}`;
  return new OciError(
    `${subject}: ${host} answered ${response.status} (${what})${detail === "" ? "" : `: ${detail}`}${hint}`,
    {
      code,
      subject,
      status: response.status,
    },
  );
}

/** The first error of a registry's error document (distribution-spec, "Error Codes"); HTML pages give no detail. */
export async function readFault(response: TransportResponse): Promise<{ registryCode: string; detail: string }> {
  const text = await readBeginning(response);
  try {
    const parsed: unknown = JSON.parse(text);
    const errors = isJsonObject(parsed) && Array.isArray(parsed.errors) ? parsed.errors : [];
    const first: unknown = errors[0];
    if (!isJsonObject(first)) return { registryCode: "", detail: "" };
    const registryCode = typeof first.code === "string" ? toPlainText(first.code) : "";
    const message = typeof first.message === "string" ? toPlainText(first.message) : "";
    return { registryCode, detail: [registryCode, message].filter((part) => part !== "").join(": ") };
  } catch {
    return { registryCode: "", detail: "" }; // Not JSON: the status has to do.
  }
}

async function readBeginning(response: TransportResponse): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of response.body) {
      pieces.push(piece);
      length += piece.length;
      if (length >= maxDetailBytes) break;
    }
  } catch {
    // The status is known already; a detail that breaks off is no second fault.
  }
  return Buffer.concat(pieces).subarray(0, maxDetailBytes).toString("utf8");
}

/** One line, bounded, without control characters and without the query of any URL. */
function toPlainText(text: string): string {
  return text
    .replace(/[\p{C}\s]+/gu, " ")
    .replace(/\?\S*/g, "")
    .replace(/:\/\/[^/\s@]*@/g, "://")
    .slice(0, maxDetailLength)
    .trim();
}
