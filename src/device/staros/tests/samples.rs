//! Composed answers; names, addresses and numbers are invented.

pub const SRP_INFO: &str = "Service Redundancy Protocol:
-------------------------------------------------------------------------------
Context:                                   SRP
Local Address:                             10.9.0.1
Chassis State:                             Active
Chassis Mode:                              Primary
Chassis Priority:                          10
Local Tiebreaker:                          02-00-5E-10-00-01
Route-Modifier:                            6
Peer Remote Address:                       10.9.0.2
Peer State:                                Standby
Peer Mode:                                 Backup
Peer Priority:                             20
Peer Route-Modifier:                       9
Last Hello Message received:               Mon May  5 22:31:07 2025 (2 seconds ago)
Peer Configuration Validation:             Complete
Last Peer Configuration Error:             None
Last Validate Switchover Status:           None
Connection State:                          Connected
";
pub const VERSION: &str = "Active Software:
  Image Version:                  21.28.3
  Image Build Number:             88412
  Image Description:              Deployment_Build
  Image Date:                     Tue Mar  7 11:02:10 EST 2023
  Boot Image:                     /flash/asr5500-21.28.3.bin.SPA
";
pub const BOOT: &str = r"
boot interface local-eth1 medium auto media rj45
boot system priority 8 \
    image /flash/asr5500-21.28.3.bin.SPA \
    config /flash/20250505_pre.cfg

boot system priority 9 \
    image /flash/asr5500-21.26.9.bin.SPA \
    config /flash/production.cfg
";
pub const DIRECTORY: &str = "-rwxrwxr-x    1 root     root          612 May  5 22:08 boot.sys
-rw-rw-r--    1 root     root    178322816 May  5 21:40 asr5500-21.28.3.bin.SPA
drwxrwxr-x    2 root     root         4096 May  5 21:40 crsh2
1136352 /flash
Filesystem           1k-blocks      Used Available Use% Mounted on
/var/run/storage/flash/part1
                       3115468   1136352   1979116  37% /mnt/user/.auto/onboard/flash
";
pub const CARDS: &str =
    "Slot         Card Type                               Oper State     SPOF  Attach
-----------  --------------------------------------  -------------  ----  ------
 1: DPC      Univ Data Processing Card               Active         No          
 2: DPC      Univ Data Processing Card               Standby        -           
 3: DPC      None                                    -              -           
 5: MMIO     Univ Management & 20x10Gb I/O Card      Standby        -           
 6: MMIO     Univ Management & 20x10Gb I/O Card      Active         No          
15: FSC      Fabric & 2x200GB Storage Card           Offline        -           
";
pub const CARDS_NARROW: &str =
    "Slot       Card Type                              Oper State   SPOF  Attach
---------  -------------------------------------  -----------  ----  ------
 1: DPC    Univ Data Processing Card              Active       No
 5: MMIO   Univ Management & 20x10Gb I/O Card     Standby      -
";
pub const RESOURCES: &str = "PGW Service:
    In Use              : 41250
    Max Used            : 88120 ( Tuesday May 06 20:15:30 UTC 2025 )
    Limit               : 250000
    License Status      : Within Acceptable Limits
SGW Service:
    In Use              : 0
    Max Used            : 0 ( Never )
    Limit               : 250000
    License Status      : within acceptable limits
";
pub const ALARMS: &str = "Sev Object          Event
--- ----------      ----------------------------------------------------------------
MN  Card 7          The Data Processing Card in slot 7 is a single point of failure.
MJ  Port 5/11       Port link down
";
pub const RECOVERY: &str = "Session Recovery Status:
  Overall Status        : Ready For Recovery
  Last Status Update    : 3 seconds ago

              ----sessmgr---  ----aaamgr----  demux
 cpu state    active standby  active standby  active  status
---- -------  ------ -------  ------ -------  ------  -------------------------
 2/0 Active   24     1        24     1        0       Good
 3/1 Standby  0      24       0      25       0       Good
 5/0 Active   0      0        0      0        9       Good (Demux)
";
pub const SUBSCRIBERS: &str = "Total Subscribers:             41250     
Active:                        41000     Dormant:   250
";
pub const SERVICES: &str =
    "ContextID   ServiceID   ContextName   ServiceName   State         Sessions   Type
---------   ---------   -----------   -----------   ----------    -----------   ----
3           4           PGWin         pgw-core-1    Started       250000        pgw
6           9           WIFI          epdg-a        Initialized   0             epdg
6           10          WIFI          abcdefghijklmno Started       0             gtpu
";
pub const CONTEXTS: &str = "Context Name    ContextID    State     Description
--------------- --------- ----------   -----------------------
local           1            Active
SRP             4            Active
Roaming_Partners 9            Active
";
pub const BGP: &str = "BGP router identifier 10.20.0.11, local AS number 64520
BGP table version is 31
2 BGP AS-PATH entries
0 BGP community entries

Neighbor        V    AS MsgRcvd MsgSent   TblVer  InQ OutQ  Up/Down   State/PfxRcd
10.20.0.1       4 64500   88211   88190       31    0    0  3d04h12m        14
2001:db8:20:aaaa:bbbb::1
                4 64500     120     133        0    0    0  never     Active
10.20.0.3       4 64500     120     133        0    0    0  never     Idle (Admin)

Total number of neighbors 3
";
pub const MONITOR: &str = "     +-----Type:               (A) - Auth. probe         (B) - BGP
     |                         (D) - Diameter
     |+----State:              (I) - Initializing        (U) - Up
     ||                        (D) - Down
     ||+---GroupId
     |||
     vvv  IP Addr          Port  Context (VRF Name)  Last Update
     ---- ---------------- ----- ------------------- ------------------------
     BU1  10.20.0.1        179   PGWin               Mon May  5 21:00:12 2025
     AI-  10.30.0.7        1812  AAA                 Mon May  5 21:00:15 2025
     BD2  2001:db8::1      179   PGWin               Mon May  5 22:02:40 2025
";
pub const CHECKPOINT: &str = "Current Status:
  Number of Sessmgrs:                        2
  Sessmgrs in Active-Connected State:        2
  Sessmgrs in Standby-Connected State:       0
  Sessmgrs in Pending-Active State:          0
Current Call Recovery Records:
  Current pre-allocated calls:               41180
smgr state peer    recovery  pre-alloc  chk-point rcvd     chk-point sent
inst       conn    records   calls      full      micro    full      micro
---- ----- ------- --------- ---------- --------- -------- --------- --------
   1 Actv  Ready           0          0         0        0      9120   220134
   2 Actv  -               0          0         0        0         0        0
";
pub const TRAPS: &str = "There are 2 historical trap records\n
Mon May 05 22:31:07 2025 Internal trap notification 53 (CLISessionEnd) user ops1 ttyname /dev/pts/3
Mon May 05 22:31:09 2025 Internal trap notification 1226 (SRPAAAUnreachable) vpn AAA
";
pub const LICENSE: &str = "Key Information (installed key):
  Comment                ICSR pair
  Chassis SN             FLM00000001
  Issued                 Monday January 06 10:00:00 UTC 2025
  Expires                Monday May 04 10:00:00 UTC 2026
  Key Number             4711
Enabled Features:
  Inter-Chassis Session Recovery                      [ ASR5K-00-CS01ICSR ]
Status:
  Chassis MEC SN         Matches
  License Status         Good
";
pub const CRASHES: &str = "=== ==================== ======== ==========\n
 1 2025-May-05+22:31:07 sessmgr  01/0/04711 21.28.3 FLM1
Total Crashes : 1
";
pub const CONFIGURATION: &str = "config
  context SRP
    service-redundancy-protocol
      chassis-mode primary
      bind address 10.9.0.1
      hello-interval 3
    #exit
    radius attribute nas-ip-address address 10.1.1.1
    password encrypted +A1
  #exit
end
";

/// Every sample with its command.
pub const ALL: [(&str, &str); 18] = [
    ("show srp info", SRP_INFO),
    ("show version", VERSION),
    ("show boot", BOOT),
    ("directory /flash", DIRECTORY),
    ("show card table", CARDS),
    ("show card table", CARDS_NARROW),
    ("show resources", RESOURCES),
    ("show alarm outstanding", ALARMS),
    ("show session recovery status", RECOVERY),
    ("show subscribers summary", SUBSCRIBERS),
    ("show service all", SERVICES),
    ("show context", CONTEXTS),
    ("show ip bgp summary", BGP),
    ("show srp monitor", MONITOR),
    ("show srp checkpoint statistics verbose", CHECKPOINT),
    ("show snmp trap history", TRAPS),
    ("show license information", LICENSE),
    ("show crash list", CRASHES),
];
