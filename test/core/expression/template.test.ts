import { describe, expect, it } from 'vitest';
import { compileTemplate, ExpressionError, ExpressionSyntaxError } from '../../../core/expression/index.ts';
import type { JsonValue } from '../../../core/json.ts';

const render = async (value: JsonValue, input: unknown = {}) => compileTemplate(value).render(input);

describe('a template', () => {
  it('keeps the type where the expression is the whole string', async () => {
    expect(await render('${count}', { count: 3 })).toBe(3);
    expect(await render('${list}', { list: [1, { a: null }] })).toEqual([1, { a: null }]);
  });

  it('writes values into text', async () => {
    const input = { n: 3, o: { a: 1 }, none: null };
    expect(await render('n=${n}, o=${o}, ${none}${n > 2}', input)).toBe('n=3, o={"a":1}, nulltrue');
  });

  it('walks objects and arrays', async () => {
    const value = { query: { cypher: 'LIMIT ${input_param}' }, list: ['${a.b}', 1, null, true] };
    expect(await render(value, { input_param: 5, a: { b: [2] } })).toEqual({
      query: { cypher: 'LIMIT 5' },
      list: [[2], 1, null, true],
    });
  });

  it('leaves $${ as a literal', async () => {
    expect(await render('a $${b} ${c}', { c: 1 })).toBe('a ${b} 1');
    expect(compileTemplate('$${b}').isConstant).toBe(true);
    expect(await render('$${b}')).toBe('${b}');
  });

  it('finds the end of an expression with braces and quotes inside', async () => {
    expect(await render('${ {"a": "}", "b": {"c": n}} }', { n: 1 })).toEqual({ a: '}', b: { c: 1 } });
    expect(await render('<${\'}\' & "{"}>')).toBe('<}{>');
    expect(await render('${$contains(t, /a{2}"/)}', { t: 'aa"' })).toBe(true);
  });

  it('tells which names it reads and whether it is constant', () => {
    expect(compileTemplate({ a: '${x.y} ${z}', b: '${x}' }).names).toEqual(['x', 'z']);
    expect(compileTemplate({ a: '${x}' }).isConstant).toBe(false);
    expect(compileTemplate({ a: ['b', 1] }).isConstant).toBe(true);
  });

  it('renders plain paths synchronously', () => {
    expect(compileTemplate({ a: '${x.y}', b: 'n${x.y}' }).render({ x: { y: 1 } })).toEqual({ a: 1, b: 'n1' });
  });

  it('fails where an expression gives nothing, saying where and what there was', () => {
    const template = compileTemplate({ query: { cypher: '${task1.output}' } }, {}, 'input');
    let error: ExpressionError | undefined;
    try {
      void template.render({ task2: 1, limit: 2 });
    } catch (thrown) {
      error = thrown as ExpressionError;
    }
    expect(error).toBeInstanceOf(ExpressionError);
    expect(error?.message).toContain('input.query.cypher');
    expect(error?.message).toContain('task1.output');
    expect(error?.fix).toContain('`task2`, `limit`');
  });

  it('refuses an expression that is not closed', () => {
    expect(() => compileTemplate('a ${b')).toThrow(ExpressionSyntaxError);
  });

  it('refuses keys that would reach a prototype', () => {
    expect(() => compileTemplate(JSON.parse('{"__proto__": "${a}"}'))).toThrow('__proto__');
  });

  it('takes names with dashes', async () => {
    const template = compileTemplate('${load-data.rows}', { names: ['load-data'] });
    expect(template.names).toEqual(['load-data']);
    expect(await template.render({ 'load-data': { rows: 2 } })).toBe(2);
  });
});
