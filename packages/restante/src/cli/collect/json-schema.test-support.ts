/** As much of JSON Schema as our own schemas use; a keyword that it does not know throws. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * What is wrong with a value, by its place; nothing where it is right. Stricter than a schema is for its readers: what the
 * schema does not name is wrong, so that nothing is printed that is not described.
 */
export function schemaProblems(root: Schema, value: unknown, schema: Schema = root, place = '$'): readonly string[] {
  const problems: string[] = [];
  for (const [keyword, said] of Object.entries(schema)) {
    if (['$schema', 'title', 'description', '$defs'].includes(keyword)) continue;
    const check = CHECKS[keyword];
    if (check === undefined) throw new Error(`the schema says ${keyword}, which is not known here`);
    problems.push(...check(said, value, { root, schema, place }));
  }
  return problems;
}

interface Where {
  readonly root: Schema;
  readonly schema: Schema;
  readonly place: string;
}

type Check = (said: unknown, value: unknown, where: Where) => readonly string[];

const CHECKS: Readonly<Record<string, Check>> = {
  $ref: (said, value, { root, place }) => schemaProblems(root, value, definition(root, String(said)), place),
  oneOf: (said, value, { root, place }) => {
    const all = (said as Schema[]).map((option) => schemaProblems(root, value, option, place));
    const fitting = all.filter((problems) => problems.length === 0).length;
    if (fitting === 1) return [];
    const nearest = [...all].sort((one, other) => one.length - other.length)[0] ?? [];
    return [`${place} fits ${fitting} of ${all.length}`, ...nearest];
  },
  const: (said, value, { place }) => (value === said ? [] : [`${place} is not ${String(said)}`]),
  enum: (said, value, { place }) =>
    (said as unknown[]).includes(value) ? [] : [`${place} is none of ${String(said)}`],
  type: (said, value, { place }) => (isOfType(String(said), value) ? [] : [`${place} is no ${String(said)}`]),
  minimum: (said, value, { place }) => (Number(value) >= Number(said) ? [] : [`${place} is below ${String(said)}`]),
  maximum: (said, value, { place }) => (Number(value) <= Number(said) ? [] : [`${place} is above ${String(said)}`]),
  pattern: (said, value, { place }) => (new RegExp(String(said)).test(String(value)) ? [] : [`${place} is no ${said}`]),
  required: (said, value, { place }) =>
    (said as string[]).filter((key) => !has(value, key)).map((key) => `${place}.${key} is missing`),
  properties: (said, value, { root, place }) => {
    if (typeof value !== 'object' || value === null) return [];
    const properties = said as Readonly<Record<string, Schema>>;
    return Object.entries(value).flatMap(([key, own]) => {
      const property = properties[key];
      return property === undefined
        ? [`${place}.${key} is not described`]
        : schemaProblems(root, own, property, `${place}.${key}`);
    });
  },
};

function has(value: unknown, key: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function definition(root: Schema, reference: string): Schema {
  const name = /^#\/\$defs\/(.+)$/.exec(reference)?.[1] ?? '';
  const found = (root['$defs'] as Readonly<Record<string, Schema>>)[name];
  if (found === undefined) throw new Error(`${reference} is not there`);
  return found;
}
