import { http } from '@google-cloud/functions-framework';
import { serve } from '../../shared/server.ts';
import { createApp } from './app.ts';

const app = createApp();
serve(app);
http('incidentWebhook', app);
