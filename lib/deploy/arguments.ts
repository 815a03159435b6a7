import type { SettingName } from '../settings.ts';

export interface DeployArguments {
  /** What `-c name=value` says. */
  context: (name: SettingName) => string | undefined;
  /** Named with `--profile`. */
  profile?: string;
  /** Named with `--toolkit-stack-name`. @default 'CDKToolkit' */
  toolkitStack: string;
  /** Everything, for `cdk`. */
  all: readonly string[];
}

/** The arguments of `npm run deploy -- …` that the checks have to know, as `cdk` itself reads them. */
export function readArguments(all: readonly string[]): DeployArguments {
  const values = (...names: string[]): string[] =>
    all.flatMap((argument, at) => {
      const [name = '', ...rest] = argument.split('=');
      if (!names.includes(name)) return [];
      if (rest.length > 0) return [rest.join('=')];
      return all[at + 1] === undefined ? [] : [all[at + 1]!];
    });
  const context = new Map(
    values('-c', '--context').map((pair) => [
      pair.slice(0, pair.indexOf('=')),
      pair.slice(pair.indexOf('=') + 1),
    ]),
  );
  return {
    context: (name) => context.get(name),
    profile: values('--profile').at(-1),
    toolkitStack: values('--toolkit-stack-name').at(-1) ?? 'CDKToolkit',
    all,
  };
}
