// Before the library, which declares its parts with it.
import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const HOUR_MS = 3_600_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes an authority with a key of its own, which signs certificates. What goes in and comes out is PEM. */
export async function createAuthority(commonName: string) {
  const keys = await newKeys();
  const sign = async (
    publicKey: PublicKey | webcrypto.CryptoKey,
    name: string,
    notAfter = new Date(Date.now() + HOUR_MS),
    authority = false,
  ): Promise<string> => {
    const certificate = await X509CertificateGenerator.create({
      issuer: `CN=${commonName}`,
      subject: `CN=${name}`,
      publicKey,
      notBefore: new Date(Math.min(Date.now(), notAfter.getTime()) - HOUR_MS),
      notAfter,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(authority),
        new SubjectAlternativeNameExtension([{ type: 'dns', value: name }]),
      ],
    });
    return certificate.toString('pem');
  };
  return {
    certificate: await sign(keys.publicKey, commonName, undefined, true),
    /** A certificate for somebody else's public key, by default for an hour. */
    issue: (publicKey: string, name: string, notAfter?: Date) => sign(new PublicKey(publicKey), name, notAfter),
    /** What a server of this name needs for TLS. */
    async issueServer(name: string) {
      const own = await newKeys();
      const key = KeyObject.from(own.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
      return { key, cert: await sign(own.publicKey, name) };
    },
  };
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
