/** As many characters as were asked for; the same for the same input. */
export const handler = ({ sizeBytes, fill = 'x' }: { sizeBytes: number; fill?: string }) => ({
  text: fill.repeat(sizeBytes),
});
