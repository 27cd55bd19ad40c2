import schema from '../../schemas/incident-webhook.schema.json' with { type: 'json' };
import { ajv, ajvAllErrors } from '../../shared/ajv.ts';
import type { IncidentWebhookBody } from './webhook-body.ts';

/** Checks an incident update; stops at the first error. */
export const validateIncidentWebhook = ajv.compile<IncidentWebhookBody>(schema);

/** Like `validateIncidentWebhook`, but collects every error, so the input must be bounded. */
export const listIncidentWebhookErrors = ajvAllErrors.compile<IncidentWebhookBody>(schema);
