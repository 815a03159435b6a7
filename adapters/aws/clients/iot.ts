/**
 * The control plane of IoT Core. Bundled apart (lib/bundle-build.ts): it speaks a protocol that only who asks for it is to load.
 */
import { IoTClient } from '@aws-sdk/client-iot';
import { lazily } from '../lazily.ts';
import { settings } from './settings.ts';

export {
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateCertificateFromCsrCommand,
  CreateKeysAndCertificateCommand,
  CreateThingCommand,
  DeleteCertificateCommand,
  DeleteThingCommand,
  DescribeCertificateCommand,
  DescribeEndpointCommand,
  DescribeThingCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  type IoTClient,
  ListThingPrincipalsCommand,
  ListThingsCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';

export const iot = lazily(() => new IoTClient(settings()));
