const { createHmac, timingSafeEqual } = require('node:crypto');
const { createServer } = require('node:http');

const key = Buffer.from(process.env.SECRET.slice('whsec_'.length), 'base64');

createServer((req, res) => {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = req.headers;
    const made = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
    const authentic = made.length === given.length && timingSafeEqual(Buffer.from(made), Buffer.from(given));
    res.writeHead(authentic && JSON.parse(body) ? 204 : 401).end();
  });
}).listen(Number(process.env.PORT));
