import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

/** What a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string;
  /** By default from an hour ago to an hour from now. */
  readonly notAfter?: Date;
  /** Whether it may sign others. */
  readonly authority?: boolean;
  /** DNS name. */
  readonly altName?: string;
}

/** Signs certificates; node:crypto reads X.509 but does not write it. */
export interface CertificateAuthority {
  /** PEM. */
  readonly certificate: string;
  /** @returns PEM. */
  issue(publicKey: KeyObject | string, request: CertificateRequest): string;
}

/** Makes an authority with a key of its own. */
export function createAuthority(commonName: string): CertificateAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issue = (key: KeyObject | string, request: CertificateRequest): string => {
    const spki = (typeof key === 'string' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
    const content = tbsCertificate(commonName, spki, request);
    const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
    return new X509Certificate(sequence(content, ECDSA_WITH_SHA256, signature)).toString();
  };
  return { certificate: issue(publicKey, { commonName, authority: true }), issue };
}

/** RFC 5280, 4.1. */
function tbsCertificate(issuer: string, spki: Buffer, request: CertificateRequest): Buffer {
  const { commonName, notAfter = new Date(Date.now() + HOUR), authority = false, altName } = request;
  const notBefore = new Date(Math.min(Date.now(), notAfter.getTime()) - HOUR);
  const extensions = [extension('551d13', authority ? sequence(der(0x01, Buffer.from([0xff]))) : sequence())];
  if (altName !== undefined) extensions.push(extension('551d11', sequence(der(0x82, Buffer.from(altName)))));
  return sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    name(issuer),
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name(commonName),
    spki,
    der(0xa3, sequence(...extensions)),
  );
}

const HOUR = 3_600_000;

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...octets]), content]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

const ECDSA_WITH_SHA256 = sequence(objectId('2a8648ce3d040302'));

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(commonName)))));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value));
}
