import { optimizeLater } from "./entry/ports/optimizer.ts";

/** The one bundle: a GitHub action or a command line, by how it was started. */
async function main(): Promise<void> {
  optimizeLater();
  process.exitCode = 70; // until there is a verdict: a run that ends without one is a defect, and no pass
  const startedAsAction = process.argv.length <= 2 && process.env.GITHUB_ACTIONS === "true";
  if (startedAsAction) {
    const { runAction } = await import("./entry/action.ts");
    process.exitCode = await runAction();
    return;
  }
  const { runCommandLine } = await import("./entry/command-line.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

main().catch((error: unknown) => {
  // Whatever arrives here is a defect of this program: it must be loud and must not look like a pass.
  console.error(error);
  process.exitCode = 70;
});
