/** Stops the run on a Node that vitest only half supports: it would pass trivial tests and fail to print errors. */
export function setup(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 24) {
    throw new Error(`The tests need Node 24 or newer, this is ${process.versions.node}: start them with \`npm test\`.`);
  }
}
