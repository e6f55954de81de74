import { setFlagsFromString } from "node:v8";

/** The version of Node that is known to have both settings, the action's: another one may say that there is no such flag. */
const knownMajor = 24;

/**
 * Lets V8's two optimizing compilers wait for more calls of a function, 2.5 and 13 times as many as by themselves. While
 * policies are loaded, most of what they compile in the background is not called often enough to pay for itself. To be
 * called first of all.
 */
export function optimizeLater(): void {
  setCallCounts({ maglev: 1_000, turbofan: 40_000 });
}

/** What V8 does by itself, for what runs many times. */
export function optimizeAsUsual(): void {
  setCallCounts({ maglev: 400, turbofan: 3_000 });
}

function setCallCounts({ maglev, turbofan }: { maglev: number; turbofan: number }): void {
  if (Number(process.versions.node.split(".")[0]) !== knownMajor) return;
  setFlagsFromString(`--invocation-count-for-maglev=${maglev}`);
  setFlagsFromString(`--invocation-count-for-turbofan=${turbofan}`);
}
