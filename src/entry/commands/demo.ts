import { createDemo, createHttpTarget, type Demo, type DemoExpectation } from "../../demo/index.ts";
import { type DemoConfiguration, parseCommandLine, type ValidateImageConfiguration } from "../../inputs/index.ts";
import { createMemoryStore, startRegistry } from "../../registry/index.ts";
import type { Report } from "../../types/index.ts";
import type { Console } from "../console.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Machine } from "../wiring.ts";
import { validateAndReport } from "./validate-image.ts";

/**
 * `sealcheck demo`: images made and signed on the spot, in a registry on loopback, validated for real. Exit code 0 when
 * the report says of each image what is known to be true.
 */
export async function runDemo(
  configuration: DemoConfiguration,
  machine: Machine,
  console: Console,
  signal: AbortSignal,
): Promise<number> {
  const registry = await startRegistry({ store: createMemoryStore() });
  try {
    const demo = await createDemo(createHttpTarget({ registry: registry.host }));
    const report = await validateAndReport(toConfiguration(demo, configuration), machine, { console, signal });
    const surprises = findSurprises(report, demo.expectations);
    console.writeOut(explain(report, registry.requests.length, surprises));
    return surprises.length === 0 ? exitCodes.passed : exitCodes.refused;
  } finally {
    await registry.close();
  }
}

/** The same configuration that a user's command line would give. */
function toConfiguration(demo: Demo, configuration: DemoConfiguration): ValidateImageConfiguration {
  const command = parseCommandLine(
    [
      "validate",
      "image",
      `--images=${demo.snapshotJson}`,
      `--policy=${demo.policyConfiguration}`,
      `--public-key=${demo.publicKeyPem}`,
      "--ignore-rekor",
      "--info",
      `--workers=${configuration.workers}`,
      ...(configuration.color === "always" ? ["--color"] : configuration.color === "never" ? ["--no-color"] : []),
    ],
    {},
  );
  if (command.kind !== "validate-image") throw new TypeError(`the demo's arguments gave a command ${command.kind}`);
  return command.configuration;
}

/** What the report says otherwise than the demo expects, one line each. */
function findSurprises(report: Report, expectations: readonly DemoExpectation[]): string[] {
  const surprises = expectations.flatMap((expected) => {
    const component = report.components.find((candidate) => candidate.name === expected.name);
    if (component === undefined) return [`${expected.name} is missing from the report`];
    const codes = [...new Set(component.violations.map((violation) => violation.metadata?.code ?? ""))].sort();
    const isAsExpected = component.success === expected.success && codes.join() === [...expected.violations].join();
    return isAsExpected
      ? []
      : [
          `${expected.name}: expected ${toOutcome(expected.success, expected.violations)}, got ${toOutcome(component.success, codes)}`,
        ];
  });
  const extra = report.components.length - expectations.length;
  return extra > 0 ? [...surprises, `${extra} components were not expected`] : surprises;
}

function toOutcome(success: boolean, codes: readonly string[]): string {
  return success ? "a pass" : `violations of ${codes.join(", ") || "nothing"}`;
}

/** Three lines on what was seen. */
function explain(report: Report, requests: number, surprises: readonly string[]): string {
  const passed = report.components.filter((component) => component.success).length;
  const lines = [
    `What you saw: ${report.components.length} images, made and signed a moment ago in a registry on loopback, ${passed} of them good.`,
    "One is signed by a key that nobody trusts, one was built in a way that the example policy (examples/policy) refuses; an index counts with each platform.",
    `It took ${requests} requests to the registry, uploads included. Your own image: node dist/index.js validate image --image REF --policy POLICY --public-key KEY`,
  ];
  const verdict = surprises.map((surprise) => `The demo did not see what it must see: ${surprise}`);
  return `\n${[...lines, ...verdict].join("\n")}\n`;
}
