/** Exit codes (differences, 1). */
export const exitCodes = { passed: 0, refused: 1, usage: 2, undecided: 3, defect: 70 } as const;
