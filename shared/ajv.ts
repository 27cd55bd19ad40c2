import { Ajv2020 } from 'ajv/dist/2020.js';

/**
 * Strict except for types: an optional field may be null, and a `then` does not repeat the type.
 */
const OPTIONS = { code: { source: true, esm: true }, strict: true, strictTypes: false } as const;

/** Compiles the schemas in `schemas/`. */
export const ajv = new Ajv2020(OPTIONS);

/** Like `ajv`, but continues after the first error. */
export const ajvAllErrors = new Ajv2020({ ...OPTIONS, allErrors: true });
