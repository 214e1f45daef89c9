# U-Boot: which slot is started. `distro_bootcmd` finds this script on the first partition of the medium and says by
# devtype and devnum where that is. The state is in slots.env beside it, which /usr/libexec/yuexiang/boot-slots writes.
#
# BOOT_ORDER  the slots, best first
# BOOT_x_OK   1: the slot has run well. It is started without counting, so that an ordinary boot writes nothing.
# BOOT_x_LEFT trials that a slot still has which was newly written

setenv BOOT_ORDER "A B"
setenv BOOT_A_OK 1
setenv BOOT_A_LEFT 0
setenv BOOT_B_OK 0
setenv BOOT_B_LEFT 0
if load ${devtype} ${devnum}:${distro_bootpart} ${loadaddr} slots.env; then
  env import -t ${loadaddr} ${filesize} BOOT_ORDER BOOT_A_OK BOOT_A_LEFT BOOT_B_OK BOOT_B_LEFT
fi

# Numbers of the boot partitions in ../layout.sfdisk.
setenv boot_A 2
setenv boot_B 3
setenv root_A yuexiang-root-a
setenv root_B yuexiang-root-b

setenv boot_slot 'setenv yuexiang_args "yuexiang.root=${root_name} rauc.slot=${slot}"; sysboot ${devtype} ${devnum}:${boot_part} any ${scriptaddr} /extlinux.conf'
setenv save_state 'env export -t ${loadaddr} BOOT_ORDER BOOT_A_OK BOOT_A_LEFT BOOT_B_OK BOOT_B_LEFT; fatwrite ${devtype} ${devnum}:${distro_bootpart} ${loadaddr} slots.env ${filesize}'

for slot in ${BOOT_ORDER}; do
  if test "${slot}" = A; then
    setenv ok ${BOOT_A_OK}; setenv left ${BOOT_A_LEFT}; setenv boot_part ${boot_A}; setenv root_name ${root_A}
  else
    setenv ok ${BOOT_B_OK}; setenv left ${BOOT_B_LEFT}; setenv boot_part ${boot_B}; setenv root_name ${root_B}
  fi
  if test "${ok}" = 1; then
    run boot_slot
  elif test "${left}" -gt 0; then
    setexpr left ${left} - 1
    setenv BOOT_${slot}_LEFT ${left}
    run save_state
    run boot_slot
  fi
done

# No slot is good. What is there is tried all the same, rather than showing a black screen for ever.
echo "yuexiang: no slot is good; trying both"
setenv slot A; setenv boot_part ${boot_A}; setenv root_name ${root_A}; run boot_slot
setenv slot B; setenv boot_part ${boot_B}; setenv root_name ${root_B}; run boot_slot
