/** Who can run what, here and now. */
export interface TaskType {
  type: string;
  /** What the Run state invokes: a Lambda's ARN, or the type's name on an embedded host. */
  functionName: string;
  /** Attempts of this type at once; its pool's size. */
  maxConcurrency?: number;
  /** An attempt may take longer than the Express lane lasts: it runs on the Standard one. @default false */
  long?: boolean;
}

export interface TaskTypes {
  /** Undefined: nobody offers it; the task parks. */
  find(type: string): Promise<TaskType | undefined>;
  list(): Promise<TaskType[]>;
}
