/** Where stages write what they notice. Texts carry no secrets. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warning() {}, error() {} };
