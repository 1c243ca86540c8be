import type { BucketConfig } from '../config.ts';
import { StorageError } from './storage.ts';

/** What the AWS SDK says that went wrong: the store's own answer, or that there was none. */
export interface Refused {
  name: string;
  message: string;
  /** Of the answer; undefined where there was none. */
  status: number | undefined;
}

/** Reads an error of the AWS SDK. */
export function refusedBy(error: unknown): Refused {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const metadata = error instanceof Error && '$metadata' in error ? Object(error.$metadata) : {};
  // The system's own codes say more than "Error".
  return { name: name === 'Error' && code !== '' ? code : name, message, status: metadata.httpStatusCode };
}

const NO_OBJECT = /^(NoSuchKey|NotFound)$/;
const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const DENIED = /^(AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken)$/;
const OTHER_PLACE = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/;
/** What the store took was not what was sent, or not all of it; sent again it may be. */
const SPOILT = /^(BadDigest|InvalidDigest|IncompleteBody|XAmzContentSHA256Mismatch|NoSuchUpload|InvalidPart)$/;

/** Whether an object, and not its bucket, is missing. */
export function isNoObject({ name, status }: Refused): boolean {
  return NO_OBJECT.test(name) || (status === 404 && name !== 'NoSuchBucket');
}

/** Whether a file was spoilt on its way. */
export function isSpoilt({ name }: Refused): boolean {
  return SPOILT.test(name);
}

/** Whether the store does not know an operation at all. */
export function isUnknownOperation({ name, status }: Refused): boolean {
  return name === 'NotImplemented' || status === 501;
}

/** What a store refused, as a sentence for who runs the site. It names no key and no secret. */
export function refusal(error: unknown, { bucket, endpoint }: BucketConfig): StorageError {
  if (error instanceof StorageError) return error;
  const refused = refusedBy(error);
  return new StorageError(sentence(refused, `the bucket "${bucket}"`, endpoint ?? 'Amazon S3'), { cause: error });
}

function sentence({ name, message, status }: Refused, bucket: string, store: string): string {
  if (name === 'NoSuchBucket') return `There is no such bucket: ${bucket} at ${store}. Make it, or name another in GEOCRATE_STORAGE.`;
  if (NO_CREDENTIALS.test(name))
    return 'There are no credentials for S3. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role.';
  if (/Region is missing/.test(message)) return 'The region of the bucket is not known. Set AWS_REGION.';
  if (name === 'RequestTimeTooSkewed') return `The clock of this machine is wrong, so ${store} refuses its requests. Set it right.`;
  if (OTHER_PLACE.test(name)) return `${store} has ${bucket} in another region. Set AWS_REGION to it.`;
  if (DENIED.test(name) || status === 403)
    return `These credentials may not use ${bucket} at ${store} (${name}). Check the AWS_ variables and what the bucket allows.`;
  if (status === undefined) return `${store} does not answer (${name}). Check the network and AWS_ENDPOINT_URL.`;
  if (status >= 500 || status === 429)
    return `${store} is not able to serve ${bucket} now (${status} ${name}). It was tried several times.`;
  return `${store} refused what was asked of ${bucket} (${status} ${name}: ${message.replace(/\.$/, '')}).`;
}
