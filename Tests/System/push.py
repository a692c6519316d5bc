"""Devices that report by themselves: hadird as their server, hadir-sim as the device, and the centre behind."""

import json
import os
import socket
import time

from box import Box, Centre, Failure, Office, Program, compare, until
from commands import expect
