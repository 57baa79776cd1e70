echo '# helpers'

inside sh -ec '
  systemctl start redis-server
  echo "bus: redis://127.0.0.1:6379" >>/etc/tutti/tutti.yaml
  mkdir -p /etc/systemd/system/tutti-satellite.service.d
  printf "[Service]\nExecStart=\nExecStart=/usr/bin/node /usr/lib/tutti/current/dist/src/main.js satellite --output null --name Bath\n" \
    >/etc/systemd/system/tutti-satellite.service.d/null.conf
  umask 077
  printf "TUTTI_URL=http://127.0.0.1:8080\nTUTTI_SATELLITE_TOKEN=%s\n" "$(tutti satellite-token)" >/etc/default/tutti-satellite
  systemctl daemon-reload
  systemctl restart tutti
'
status_has() { shown StatusText "$1" | grep -q "$2" || { shown StatusText "$1"; inside journalctl -u "$1" -n 8 -o cat --no-pager; return 1; }; }
room_has() { tutti status | grep -q "$1" || { tutti status; return 1; }; }
for service in worker gateway satellite; do
  check "the $service starts" inside systemctl start "tutti-$service.service"
done
check 'the worker takes work' within 30 status_has tutti-worker.service Takes
check 'the gateway has found its server' within 30 status_has tutti-gateway.service 'gateway at'
check 'the gateway answers' within 20 inside node /opt/recipe/get.cjs http://127.0.0.1:8081/health
check 'the satellite offers its output' within 30 status_has tutti-satellite.service Bath
check 'its output is a unit of its own too' within 30 active tutti-output@satellite-null.service
check 'and a room of the server' within 30 room_has Bath
# As on a machine that is a loudspeaker and no server.
was=$(version_says)
inside systemctl stop tutti.service tutti-worker.service tutti-gateway.service
check 'a satellite alone: a version that does not start' upgrade 1.2.0
check 'is taken back' same "$was" "$(version_says)"
check 'and it offers its output' within 30 status_has tutti-satellite.service Bath
inside systemctl start tutti.service tutti-worker.service tutti-gateway.service
check 'to the server, when that is back' within 60 room_has Bath
for service in worker gateway satellite; do
  check "the $service stops in good order" eval "inside systemctl stop tutti-$service.service; same success \$(shown Result tutti-$service.service)"
done
inside systemctl stop redis-server
inside sed -i '/^bus:/d' /etc/tutti/tutti.yaml
inside systemctl restart tutti.service
