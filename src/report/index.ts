export {
  type OutputTarget,
  OutputTargetError,
  parseOutputTarget,
  type ReportFormat,
  type ReportOptions,
  type TargetOptions,
} from "../inputs/index.ts";
export { type Annotation, renderAnnotations } from "./annotations.ts";
export { type AppStudioResult, toAppStudioResult } from "./appstudio.ts";
export { decideExitCode } from "./decision.ts";
export { renderJobSummary } from "./job-summary.ts";
export { type RenderTarget, renderReport } from "./render.ts";
export { toOneLine } from "./text.ts";
