/** The most urgent first. Objectives after ACP 121: flash 10 minutes, immediate 30, priority 3 hours, routine 6. */
export const PRECEDENCES = [
  'flash-override',
  'flash',
  'immediate',
  'priority',
  'routine',
  'deferred',
] as const;
export type Precedence = (typeof PRECEDENCES)[number];

/** Of these little is sent, and it has no time to wait. */
export const URGENT: readonly Precedence[] = ['flash-override', 'flash'];

export const isUrgent = (precedence: Precedence): boolean => URGENT.includes(precedence);
