import pico from 'picocolors';
import { type CliDeps, type Colors, isInteractive, wantsColor } from '../io.ts';

export const createColors = ({ stdout, env }: Pick<CliDeps, 'stdout' | 'env'>): Colors =>
  pico.createColors(wantsColor(stdout, env));

export const wantsLive = ({ stdout, env }: Pick<CliDeps, 'stdout' | 'env'>): boolean =>
  isInteractive(stdout, env);
