import { driverContract } from '../contracts/driver-contract.js';
import { localRig } from './local-rig.js';

driverContract('local, real mpv', () => localRig());
