import { FlowProducer, Worker } from 'bullmq';
import { Redis } from 'ioredis';
