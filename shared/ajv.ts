import { Ajv2020 } from 'ajv/dist/2020.js';

/** Compiles the schemas in `schemas/`. `allowUnionTypes` since incident.io's optional fields may be null. */
export const ajv = new Ajv2020({
  code: { source: true, esm: true },
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
});

/** As `ajv`, but goes on after the first error. */
export const ajvAllErrors = new Ajv2020({
  code: { source: true, esm: true },
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
});
