export const handler = ({ text }: { text: string }) => ({ length: text.length, text });
