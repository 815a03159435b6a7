import { didYouMean } from '../../core/api/nearest.ts';
import { PLAN_LIMITS } from '../../core/contact-plan/check.ts';
import { compilePlan } from '../../core/contact-plan/compile.ts';
import { type Plan, parsePlan } from '../../core/contact-plan/plan.ts';
import { isObject, type JsonValue } from '../../core/json.ts';
import { nodesOf, type Route } from '../../core/routing/route.ts';
import { createRouter } from '../../core/routing/router.ts';
import { EXIT } from '../errors.ts';
import { parseJson, readDocument } from '../inputs.ts';
import { type CliDeps, UsageError } from '../io.ts';
import { clean, count, table } from '../text.ts';
import { type FindFlags, findRoutes } from './find-routes.ts';

export interface RoutesFlags {
  plan: string;
  queries: string;
  rate?: string;
  strict?: boolean;
  json?: boolean;
}

/** Routes between two nodes of a host's network, or with `--plan` those of a file. */
export async function routes(
  deps: CliDeps,
  from: string | undefined,
  to: string | undefined,
  flags: Partial<RoutesFlags> & FindFlags,
): Promise<number> {
  const { plan, queries, rate, strict, ...host } = flags;
  if (plan === undefined && queries === undefined) {
    if (from === undefined || to === undefined)
      throw new UsageError('Routes from where to where?', 'Name two nodes, or give --plan and --queries.');
    if (rate !== undefined || strict)
      throw new UsageError(
        '--rate and --strict are about files.',
        'Give --plan and --queries too, or leave them out.',
      );
    return findRoutes(deps, from, to, host);
  }
  const mixed = [from, to, ...HOST_ONLY.map((option) => host[option])].filter((given) => given !== undefined);
  if (mixed.length > 0)
    throw new UsageError(
      'Routes over a plan file are asked for in the file of queries alone.',
      `Leave out nodes and --${HOST_ONLY.join(', --')}; or leave out --plan and --queries.`,
    );
  if (plan === undefined || queries === undefined)
    throw new UsageError(`--${plan === undefined ? 'plan' : 'queries'} is missing.`, 'Give both files.');
  return routesFromFiles(deps, { plan, queries, rate, strict, json: flags.json });
}

const HOST_ONLY = ['at', 'size', 'precedence', 'alternatives', 'disjoint', 'hours', 'api'] as const;

/** As given; `src` and `dst` may be numbers. */
interface Query {
  src: string | number;
  dst: string | number;
  t: number;
  size: number;
}

interface Answer extends Query {
  /** In the plan's unit of time; null where there is no route. */
  arrival: number | null;
  hops: number | null;
  path: (string | number)[] | null;
}

const NOTES_SHOWN = 10;
const QUERIES_FIX = 'Write [{"src": "a", "dst": "b", "t": 0, "size": 0}].';

/** Earliest arrivals over a contact plan, without a host. */
async function routesFromFiles(deps: CliDeps, flags: RoutesFlags): Promise<number> {
  if (flags.plan === '-' && flags.queries === '-')
    throw new UsageError('--plan and --queries are both standard input.', 'Put one of them into a file.');
  const plan = await readPlan(deps, flags);
  const queries = await readQueries(deps, flags.queries, plan);
  const router = createRouter(compilePlan(plan.contacts, plan.nodes));
  const answers = queries.map((query): Answer => {
    const route = router.route({
      from: String(query.src),
      to: String(query.dst),
      atMs: query.t * plan.timeUnitMs,
      sizeBytes: (query.size * plan.sizeUnitBits) / 8,
    });
    return { ...query, ...answerOf(query, route, plan) };
  });
  deps.stdout.write(`${flags.json ? JSON.stringify(answers) : answersText(answers)}\n`);
  return EXIT.ok;
}

async function readPlan(deps: CliDeps, { plan: file, rate, strict }: RoutesFlags): Promise<Plan> {
  const rateBitsPerSecond = rate === undefined ? undefined : Number(rate);
  if (rateBitsPerSecond !== undefined && !(rateBitsPerSecond > 0 && rateBitsPerSecond < Infinity))
    throw new UsageError(`--rate is "${rate}".`, 'Give bits a second, above 0.');
  const { text, source } = await readDocument(deps, file, PLAN_LIMITS.textLength);
  const plan = parsePlan(text, source, { rateBitsPerSecond, isStrict: strict });
  for (const { at, message } of plan.notes.slice(0, NOTES_SHOWN))
    deps.stderr.write(`warning: ${clean(`${source}: ${at}: ${message}`)}\n`);
  if (plan.notes.length > NOTES_SHOWN)
    deps.stderr.write(`warning: and ${plan.notes.length - NOTES_SHOWN} more; --strict refuses such a plan\n`);
  return plan;
}

async function readQueries(deps: CliDeps, file: string, plan: Plan): Promise<Query[]> {
  const { text, source } = await readDocument(deps, file, PLAN_LIMITS.textLength);
  const queries = parseJson(text, source, QUERIES_FIX);
  if (!Array.isArray(queries)) throw new UsageError(`${source} holds no list.`, QUERIES_FIX);
  const nodes = new Set(plan.nodes);
  return queries.map((query, index) => queryOf(query, `${source}: [${index}]`, nodes));
}

function queryOf(query: JsonValue, where: string, nodes: ReadonlySet<string>): Query {
  if (!isObject(query)) throw new UsageError(`${where} is no object.`, QUERIES_FIX);
  const shown = (value: unknown) => clean(JSON.stringify(value)?.slice(0, 80) ?? 'missing');
  const number = (key: 't' | 'size', least: number): number => {
    const value = query[key];
    if (typeof value === 'number' && value >= least && value <= PLAN_LIMITS.timeMs / 1000) return value;
    throw new UsageError(`${where}: "${key}" is ${shown(value)}.`, "Give a number, in the plan's unit.");
  };
  const node = (key: 'src' | 'dst'): string | number => {
    const value = query[key];
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new UsageError(`${where}: "${key}" is ${shown(value)}.`, 'Name a node of the plan.');
    if (nodes.has(String(value))) return value;
    throw new UsageError(
      `${where}: there is no node ${shown(value)} in the plan.`,
      didYouMean(String(value).slice(0, 80), [...nodes]),
    );
  };
  return {
    src: node('src'),
    dst: node('dst'),
    t: number('t', -PLAN_LIMITS.timeMs / 1000),
    size: number('size', 0),
  };
}

function answerOf(query: Query, route: Route | undefined, plan: Plan): Omit<Answer, keyof Query> {
  if (route === undefined) return { arrival: null, hops: null, path: null };
  const isNumbered = typeof query.src === 'number' && typeof query.dst === 'number';
  const path = nodesOf(route, String(query.src));
  return {
    arrival: withoutNoise(route.arrivalMs / plan.timeUnitMs),
    hops: route.hops.length,
    path: isNumbered && path.every((node) => String(Number(node)) === node) ? path.map(Number) : path,
  };
}

/** Fifteen digits survive the way through milliseconds and back; beyond twelve places no plan means anything. */
const withoutNoise = (time: number): number => Number(Number(time.toPrecision(15)).toFixed(12));

function answersText(answers: readonly Answer[]): string {
  const rows = answers.map(({ src, dst, t, size, arrival, hops, path }) =>
    [src, dst, t, size, arrival ?? 'no route', hops ?? '-', path?.join(' → ') ?? '-'].map((cell) =>
      clean(String(cell)),
    ),
  );
  const found = answers.filter(({ arrival }) => arrival !== null).length;
  return [
    table([['FROM', 'TO', 'AT', 'SIZE', 'ARRIVES', 'HOPS', 'OVER'], ...rows]),
    '',
    `${count(found, 'route')} for ${answers.length === 1 ? '1 query' : `${answers.length.toLocaleString('en-US')} queries`}`,
  ].join('\n');
}
