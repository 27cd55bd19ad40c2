import { createApp as createLeadApp } from '../../functions/incident-lead/app.ts';
import { createApp as createWebhookApp } from '../../functions/incident-webhook/app.ts';

/** The composition roots of both functions. */
export interface Apps {
  readonly createWebhookApp: typeof createWebhookApp;
  readonly createLeadApp: typeof createLeadApp;
}

/** As they ship. */
export const SHIPPED: Apps = { createWebhookApp, createLeadApp };
