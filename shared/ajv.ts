import { Ajv2020 } from 'ajv/dist/2020.js';

/** Strict, but for types: an optional field may be null, and a `then` says no type again of what it describes further. */
const OPTIONS = { code: { source: true, esm: true }, strict: true, strictTypes: false } as const;

/** Compiles the schemas in `schemas/`. */
export const ajv = new Ajv2020(OPTIONS);

/** As `ajv`, but goes on after the first error. */
export const ajvAllErrors = new Ajv2020({ ...OPTIONS, allErrors: true });
