/** How far a question may reach. */
export const HOURS_MAX = 168;
export const ALTERNATIVES_MAX = 20;
