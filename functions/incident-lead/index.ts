import { http } from '@google-cloud/functions-framework';
import { drainOnSigterm } from '../../shared/drain.ts';
import { serveRequests } from '../../shared/serve-requests.ts';
import { wire } from './app.ts';

const handler = wire();
serveRequests((req, res) => void handler(req, res), drainOnSigterm);
http('incidentLead', handler);
