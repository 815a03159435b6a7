/** Cases that can't hold on the emulator, each with the heading in docs/emulator-gaps.md that says why. */
export const SKIPS: Readonly<Record<string, string>> = {};
