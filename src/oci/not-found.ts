import { OciError } from "./errors.ts";

export function notFound(subject: string, registry: string): OciError {
  return new OciError(`${subject}: ${registry} has no such image or tag, or does not show it to these credentials`, {
    code: "not-found",
    subject,
    status: 404,
  });
}
