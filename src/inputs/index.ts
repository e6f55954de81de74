export { actionInputs, parseActionInputs } from "./action-inputs.ts";
export { parseCommandLine } from "./command-line.ts";
export type {
  ActionConfiguration,
  CacheCommandConfiguration,
  CacheSlice,
  ColorChoice,
  Command,
  DemoConfiguration,
  Environment,
  KeyOptions,
  LogLevel,
  OutputSlice,
  PolicySlice,
  PullPolicy,
  RegistryServerConfiguration,
  RegistrySlice,
  RegoCheckConfiguration,
  RegoEvalConfiguration,
  RegoTestConfiguration,
  RequiredPlatforms,
  RetryOptions,
  RunSlice,
  SnapshotSlice,
  TaskConfiguration,
  TaskStepConfiguration,
  TrustSlice,
  ValidateImageConfiguration,
  VerificationSlice,
} from "./configuration.ts";
export { InputError, type InputErrorCode, type InputProblem } from "./errors.ts";
export {
  type OutputTarget,
  OutputTargetError,
  parseOutputTarget,
  type ReportFormat,
  type ReportOptions,
  reportFormats,
  type TargetOptions,
} from "./output-target.ts";
export {
  parseTaskParameters,
  readTaskPlaces,
  type TaskParameter,
  type TaskPlaces,
  taskParameters,
} from "./task-parameters.ts";
