import schema from '../schemas/incident-event.schema.json' with { type: 'json' };
import { ajv } from './ajv.ts';
import type { IncidentEvent } from './incident-event.ts';

/** Checks the data of a message on the topic. */
export const validateIncidentEvent = ajv.compile<IncidentEvent>(schema);
