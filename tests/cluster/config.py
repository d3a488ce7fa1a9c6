"""The text of Slurm's configuration files, made from the options; slurm.conf(5)."""

from __future__ import annotations

from dataclasses import dataclass

from cluster.config_nodes import node_lines, partition_lines
from cluster.options import ClusterOptions
from cluster.place import Place

CLUSTER = "hpcmlff"
"""ClusterName."""

SCHEDULER_PARAMETERS = (
    # Look at all pending jobs, once a second and at once after a submission.
    "default_queue_depth=20000",
    "partition_job_depth=0",
    "sched_interval=1",
    "batch_sched_delay=0",
    "bf_interval=1",
    "bf_max_job_test=500",
    "bf_continue",
    # Thousands of short jobs end at the same moment.
    "max_rpc_cnt=0",
    "build_queue_timeout=2000000",
)


@dataclass(frozen=True, kw_only=True)
class Host:
    """What the files must know of the machine."""

    name: str
    """Its short host name."""
    user: str
    """Who runs everything."""
    controller_port: int
    """Port of slurmctld."""
    accounting_port: int
    """Port of slurmdbd."""
    node_ports: tuple[int, ...]
    """Ports of the slurmds, in the order of the nodes."""


def slurm_conf(options: ClusterOptions, place: Place, host: Host) -> str:
    """Return slurm.conf."""
    lines = [
        *_identity(options, place, host),
        *_files(place),
        *_behaviour(options),
        *_accounting(options, place, host),
        *node_lines(options, host.name, host.node_ports),
        *partition_lines(options),
    ]
    return "\n".join(lines) + "\n"


def slurmdbd_conf(place: Place, host: Host) -> str:
    """Return slurmdbd.conf."""
    return f"""\
AuthType=auth/munge
AuthInfo=socket={place.munge_socket}
DbdHost={host.name}
DbdAddr=127.0.0.1
DbdPort={host.accounting_port}
SlurmUser={host.user}
LogFile={place.log}/slurmdbd.log
PidFile={place.run}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser={host.user}
StorageLoc=slurm
CommitDelay=1
"""


def _identity(options: ClusterOptions, place: Place, host: Host) -> list[str]:
    return [
        f"ClusterName={CLUSTER}",
        f"SlurmctldHost={host.name}(127.0.0.1)",
        f"SlurmctldPort={host.controller_port}",
        f"SlurmUser={host.user}",
        f"SlurmdUser={host.user}",
        "AuthType=auth/munge",
        f"AuthInfo=socket={place.munge_socket},cred_expire={options.requeue_delay_s}",
        # Nobody from outside has to reach it.
        "CommunicationParameters=NoInAddrAny,NoCtldInAddrAny",
    ]


def _files(place: Place) -> list[str]:
    return [
        f"StateSaveLocation={place.state}",
        f"SlurmctldLogFile={place.log}/slurmctld.log",
        f"SlurmctldPidFile={place.run}/slurmctld.pid",
        f"SlurmdSpoolDir={place.spool}/%n",
        f"SlurmdLogFile={place.node_log('%n')}",
        f"SlurmdPidFile={place.run}/slurmd.%n.pid",
        "MailProg=/bin/true",
    ]


def _behaviour(options: ClusterOptions) -> list[str]:
    signal = "SlurmctldParameters=preempt_send_user_signal"
    return [
        # A host's daemons cannot have control groups of their own without root.
        "ProctrackType=proctrack/linuxproc",
        "TaskPlugin=task/none",
        "MpiDefault=none",
        # Nodes may claim more than the host has, and come back without being asked to.
        "SlurmdParameters=config_overrides",
        "ReturnToService=2",
        "GresTypes=gpu",
        "SelectType=select/cons_tres",
        "SelectTypeParameters=CR_CPU_Memory",
        "SchedulerType=sched/backfill",
        f"SchedulerParameters={','.join(SCHEDULER_PARAMETERS)}",
        "PreemptType=preempt/partition_prio",
        "PreemptMode=REQUEUE",
        "EnforcePartLimits=ALL",
        "JobRequeue=1",
        f"MaxArraySize={options.max_array_size}",
        "MaxJobCount=30000",
        f"MinJobAge={options.min_job_age_s}",
        f"KillWait={options.kill_wait_s}",
        f"SlurmdTimeout={options.slurmd_timeout_s}",
        # A host with many jobs answers late.
        "MessageTimeout=30",
        "TCPTimeout=10",
        "BatchStartTimeout=60",
        *([signal] if options.preempt_send_user_signal else []),
    ]


def _accounting(options: ClusterOptions, place: Place, host: Host) -> list[str]:
    gather = [
        "JobAcctGatherType=jobacct_gather/linux",
        "JobAcctGatherFrequency=task=5",
        # Without control groups this is what holds jobs to their memory.
        "JobAcctGatherParams=OverMemoryKill",
    ]
    if not options.accounting:
        return [*gather, "AccountingStorageType=accounting_storage/none"]
    return [
        *gather,
        "AccountingStorageType=accounting_storage/slurmdbd",
        "AccountingStorageHost=127.0.0.1",
        f"AccountingStoragePort={host.accounting_port}",
        f"AccountingStoragePass={place.munge_socket}",
        "AccountingStorageTRES=gres/gpu",
        "AccountingStorageEnforce=associations,limits,qos",
    ]
