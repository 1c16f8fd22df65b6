/**
 * What tools do, one concept a line: English words of about one meaning, then words for it in Chinese, Japanese,
 * Korean, Spanish, Portuguese, French, German, Italian and Russian. Written by hand from general knowledge; no
 * list or thesaurus was copied, and no request of any data set was consulted.
 */
export const ACTION_WORDS = `
get fetch retrieve obtain pull acquire 获取 取得 得到 拉取 查看 取得する 가져오기 가져 조회 obtener obtenga obtem obter obtenir recuperer recupera abrufen holen erhalten ottenere получить получение
read view open load show display inspect 读取 查看 显示 展示 打开 読み込み 読む 読み 読み取り 表示 開く 읽기 읽 열기 보기 표시 leer mostrar abrir ler lire afficher ouvrir lesen anzeigen zeigen zeige offnen leggere mostrare mostra aprire прочитать читать показать покажи открыть
list enumerate browse index catalog overview 列出 列表 清单 一覧 目録 목록 나열 listar lista lister liste auflisten elencare elenca список перечислить
search find lookup locate discover seek query hunt 搜索 查找 查询 搜寻 检索 寻找 検索 探す 調べる 검색 찾기 찾아 찾 buscar busca busqueda encontrar procurar pesquisar chercher cherche rechercher recherche trouver trouve suchen suche finden cercare cerca trova trovare ricerca найти найди поиск искать lookfor
create make generate build produce construct compose establish 创建 新建 生成 制作 建立 创作 作成 生成する 作る 생성 만들 작성 crear crea generar genera criar crie gerar creer genere generer erstellen erstelle erzeugen anlegen creare generare создать создай сгенерировать создание
add insert append attach include put 添加 增加 插入 追加 挿入 추가 삽입 anadir agregar insertar adicionar inserir ajouter ajoute inserer hinzufugen einfugen aggiungere aggiungi inserire добавить добавь вставить
remove delete erase drop strip clear purge discard eliminate wipe detach trash 删除 移除 清除 清空 去除 削除 消去 消す 삭제 제거 지우기 eliminar borrar borra quitar excluir remover apagar supprimer supprime effacer enlever loschen losche entfernen eliminare rimuovere cancellare удалить удали удаление стереть очистить throwaway getrid takedown
update modify edit change alter amend revise adjust patch 更新 修改 编辑 变更 修正 変更 編集 修正する 업데이트 수정 변경 편집 actualizar modificar cambiar editar atualizar alterar mudar modifier changer mettre aktualisieren andern bearbeiten aggiornare modificare cambiare обновить изменить редактировать
replace substitute swap exchange 替换 置換 교체 바꾸 reemplazar sustituir substituir remplacer ersetzen sostituire заменить
rename relabel retitle 重命名 改名 名前変更 이름변경 renombrar renomear renommer umbenennen rinominare переименовать
move relocate transfer migrate shift 移动 转移 搬移 移動 이동 옮기 mover deplacer verschieben spostare переместить
copy duplicate clone replicate 复制 拷贝 克隆 コピー 複製 복사 복제 copiar duplicar copier kopieren copiare copia копировать скопировать
write save store persist record put 写入 保存 存储 记录 书写 書き込み 保存する 記録 쓰기 저장 기록 escribir guardar guarda almacenar escrever salvar gravar guardar ecrire enregistrer sauvegarder schreiben speichern ablegen scrivere salvare записать сохранить сохрани writedown notedown putdown
remember memorize retain recall note memo 记住 记忆 覚える 記憶 기억 recordar lembrar memoriser merken erinnern ricordare запомнить
send deliver dispatch transmit forward submit post 发送 发出 投递 提交 送信 送る 보내기 보내 전송 enviar envia mandar envoyer envoie senden sende schicken inviare invia отправить отправь послать
receive accept inbox incoming 接收 收到 受信 受け取る 수신 받기 recibir receber recevoir empfangen ricevere получать
publish release post share broadcast 发布 发表 公開 投稿 게시 발행 publicar publier partager veroffentlichen teilen pubblicare опубликовать
upload 上传 アップロード 업로드 subir cargar carregar televerser hochladen caricare загрузить
download save export pull fetch 下载 ダウンロード 다운로드 descargar descarga baixar telecharger herunterladen scaricare скачать
import ingest load 导入 インポート 가져오기 importar importer importieren importare импортировать
export dump output 导出 エクスポート 내보내기 exportar exporter exportieren esportare экспортировать
convert transform translate change reformat transcode encode 转换 转为 转成 変換 변환 convertir convierte converter transformar transformer umwandeln konvertieren convertire преобразовать конвертировать
translate translation translator interpret localize 翻译 译文 翻訳 번역 traducir traduce traduccion traduzir traducao traduire traduction ubersetzen ubersetzung tradurre traduzione перевести перевод
run execute launch invoke perform trigger call 运行 执行 调用 実行 起動 呼び出す 실행 호출 ejecutar ejecuta executar rodar executer lancer ausfuhren starten eseguire avviare запустить выполнить
start begin launch boot initiate open activate enable 启动 开始 开启 启用 開始 起動 有効 시작 활성화 iniciar comenzar activar comecar ativar demarrer commencer activer starten beginnen aktivieren iniziare attivare начать включить turnon switchon
stop end halt terminate kill cancel abort quit shutdown 停止 结束 终止 取消 停止する 終了 중지 종료 취소 detener parar cancelar arreter annuler beenden stoppen abbrechen fermare annullare остановить завершить отменить turnoff switchoff shutoff calloff
pause suspend hold freeze 暂停 一時停止 일시정지 pausar suspender anhalten приостановить
restart reboot reload refresh reset 重启 刷新 重置 再起動 リセット 재시작 새로고침 reiniciar redemarrer neustart riavviare перезапустить
close shut dismiss 关闭 閉じる 닫기 cerrar fechar fermer schliessen chiudere закрыть
check verify validate test confirm examine assess audit 检查 验证 校验 测试 确认 確認 検証 チェック 확인 검증 테스트 verificar comprobar validar confirmar checar verifier valider prufen uberprufen testen verificare controllare проверить проверка
compare diff contrast differ difference differences versus 比较 对比 差异 比較 差分 비교 차이 comparar compara diferencia comparer difference vergleichen unterschied confrontare confronta differenza сравнить сравни разница
analyze examine evaluate assess inspect study investigate 分析 评估 研究 解析 評価 분석 평가 analizar analiza evaluar analisar avaliar analyser evaluer analysieren auswerten bewerten analizzare valutare анализировать анализ оценить
calculate compute count evaluate solve work 计算 运算 求解 計算 계산 calcular calcula calculer berechnen rechnen calcolare вычислить посчитать рассчитать
count tally number total 计数 数量 统计 総数 数える 개수 contar cantidad quantos compter nombre zahlen anzahl contare количество сосчитать
summarize summary condense abstract digest recap brief overview tldr gist shorten 总结 摘要 概括 概述 要約 요약 resumir resumen resumo resumer zusammenfassen zusammenfassung riassumere riassunto резюме кратко обобщить
extract parse scrape pull harvest crawl 提取 抽取 解析 爬取 抓取 抽出 추출 크롤링 extraer extrae extrair extraire extrahieren auslesen estrarre извлечь
filter select narrow subset 筛选 过滤 选择 フィルタ 絞り込み 필터 선택 filtrar filtrer filtern filtrare отфильтровать
sort order rank arrange 排序 排列 並べ替え 정렬 ordenar trier classer sortieren ordinare сортировать
merge combine join concatenate unite unify 合并 组合 结合 連接 結合 統合 병합 결합 합치 combinar unir fusionar juntar fusionner combiner zusammenfuhren verbinden unire combinare объединить
split divide separate break chunk partition segment 拆分 分割 分离 切分 分割する 분할 나누 dividir separar diviser separer teilen trennen dividere разделить
compress zip archive pack shrink minify reduce optimize 压缩 打包 归档 圧縮 압축 comprimir compactar compresser komprimieren packen comprimere сжать архив
decompress unzip unpack extract expand 解压 展開 解凍 압축해제 descomprimir descompactar decompresser entpacken распаковать
encrypt cipher encode hash 加密 暗号化 암호화 cifrar encriptar criptografar chiffrer verschlusseln зашифровать
decrypt decipher decode 解密 解码 復号 복호화 descifrar dechiffrer entschlusseln расшифровать
format beautify prettify indent style 格式化 整形 서식 formatear formatar formater formatieren formattare
draw paint sketch illustrate render design 绘制 画 绘图 描く 描画 그리기 그려 dibujar desenhar dessiner zeichnen malen disegnare нарисовать рисовать
visualize plot chart graph diagram 可视化 图表 绘图 可視化 グラフ 차트 시각화 graficar grafico graphique diagramme diagramm visualisieren grafico график диаграмма
schedule plan arrange book calendar 安排 计划 日程 日程表 予定 スケジュール 일정 예약 programar agendar planear planifier planen terminplan pianificare запланировать расписание
book reserve reservation booking 预订 预约 预定 予約 예약 reservar reserva reserver buchen reservieren prenotare забронировать бронь
buy purchase order shop acquire checkout 购买 买 订购 購入 買う 注文 구매 사기 주문 comprar compra acheter achat kaufen bestellen comprare acquistare купить заказать
sell offer list vendor 出售 卖 販売 売る 판매 vender vendre verkaufen vendere продать
pay charge bill checkout settle 支付 付款 支払い 결제 지불 pagar payer bezahlen zahlen pagare оплатить платить
upgrade bump newer 升级 アップグレード 업그레이드
install setup deploy configure provision 安装 部署 配置 设置 インストール デプロイ 設定 설치 배포 설정 instalar desplegar configurar implantar installer deployer konfigurieren installieren einrichten bereitstellen installare configurare установить настроить развернуть
uninstall deinstall
connect link join attach bind 连接 链接 绑定 接続 연결 conectar connecter verbinden collegare подключить
disconnect unlink detach unbind logout 断开 切断 연결해제 desconectar
login authenticate signin authorize authentication 登录 认证 授权 ログイン 認証 로그인 인증 autenticar connexion anmelden accedere войти авторизация logon signon
subscribe follow watch monitor track 订阅 关注 监控 跟踪 监视 購読 監視 追跡 구독 추적 모니터링 suscribir seguir monitorear rastrear monitorar suivre surveiller abonnieren verfolgen uberwachen seguire monitorare следить отследить мониторинг
unsubscribe unfollow mute
notify alert warn remind reminder 通知 提醒 警告 通知する 알림 notificar avisar notifier avertir benachrichtigen erinnern notificare уведомить напомнить
reply respond answer 回复 回答 答复 返信 回答する 답장 답변 responder respuesta repondre reponse antworten antwort rispondere ответить ответ
ask question prompt inquire request 询问 提问 问 質問 聞く 질문 preguntar pregunta perguntar demander question fragen frage chiedere спросить вопрос
explain describe clarify elaborate 解释 说明 描述 説明 설명 explicar describir descrever expliquer decrire erklaren beschreiben spiegare descrivere объяснить описать
recommend suggest propose advise 推荐 建议 おすすめ 提案 推薦 추천 제안 recomendar sugerir recommander suggerer conseiller empfehlen vorschlagen consigliare рекомендовать посоветовать
learn study practice teach train tutor educate 学习 教 练习 培训 学ぶ 学習 練習 教える 학습 배우기 공부 aprender estudiar ensenar apprendre enseigner lernen lehren imparare учиться учить изучать
approve accept allow grant permit authorize 批准 同意 允许 承認 許可 승인 허용 aprobar aprovar permitir approuver autoriser genehmigen erlauben approvare одобрить разрешить
reject deny refuse decline block ban forbid 拒绝 禁止 拒否 거부 차단 rechazar negar rejeitar refuser bloquer ablehnen sperren rifiutare отклонить запретить
assign allocate delegate appoint 分配 指派 割り当て 할당 asignar atribuir assigner zuweisen assegnare назначить
complete finish done close resolve 完成 完了 완료 completar terminar concluir terminer abschliessen completare закончить wrapup
undo revert rollback restore unstage reset 撤销 恢复 还原 回滚 元に戻す 復元 되돌리기 복원 deshacer restaurar desfazer annuler retablir ruckgangig wiederherstellen ripristinare отменить восстановить takeback goback
backup snapshot archive 备份 バックアップ 백업 respaldo copia sauvegarde sicherung бэкап
sync synchronize mirror 同步 同期 동기화 sincronizar synchroniser synchronisieren sincronizzare
share invite collaborate 分享 共享 共有 공유 compartir compartilhar partager teilen condividere поделиться
click press tap push 点击 单击 按 クリック 押す 클릭 pulsar clic clicar cliquer klicken cliccare нажать
type enter fill input write typing 输入 填写 键入 入力 입력 escribir rellenar preencher saisir remplir eingeben ausfullen inserire ввести заполнить fillin fillout
scroll swipe drag hover 滚动 拖动 スクロール 스크롤 desplazar defiler scrollen
navigate browse visit goto open 导航 访问 浏览 移動する 訪問 탐색 방문 navegar visitar naviguer navigieren besuchen navigare visitare перейти
wait sleep delay timeout pause 等待 待つ 대기 esperar attendre warten aspettare ждать
play stream listen watch 播放 再生 재생 reproducir tocar jouer ecouter abspielen horen riprodurre воспроизвести слушать
speak talk say voice pronounce narrate 说 朗读 话 話す 読み上げ 말하기 hablar decir falar parler dire sprechen sagen parlare говорить
transcribe transcript transcription subtitle caption dictation 转录 转写 字幕 文字起こし 자막 transcribir transcripcion transcrever transcrire transkribieren untertitel trascrivere расшифровка субтитры
detect recognize identify classify spot determine 检测 识别 分类 判断 検出 認識 識別 감지 인식 detectar reconocer identificar detecter reconnaitre erkennen identifizieren rilevare riconoscere распознать определить
predict forecast estimate project anticipate 预测 预报 预估 予測 予報 예측 예보 predecir pronosticar prever prevoir predire vorhersagen schatzen prevedere прогноз предсказать
simulate emulate model mimic 模拟 仿真 シミュレーション 시뮬레이션 simular simuler simulieren simulare
debug troubleshoot diagnose fix repair solve resolve 调试 修复 诊断 排查 デバッグ 修理 直す 디버그 수리 해결 depurar arreglar reparar corrigir reparer corriger beheben reparieren riparare correggere исправить починить
improve enhance optimize refine boost upgrade better 改进 优化 提升 改善 最適化 개선 최적화 mejorar optimizar melhorar ameliorer verbessern optimieren migliorare улучшить
proofread correct grammar spelling rewrite paraphrase rephrase polish 润色 改写 校对 語法 添削 校正 교정 corregir reescribir gramatica corriger reformuler korrigieren umschreiben
rate review score grade evaluate rating 评分 评价 评论 打分 評価 レビュー 평가 리뷰 calificar valorar resena avaliacao noter avis bewerten bewertung valutare recensione отзыв оценка рейтинг
vote poll survey questionnaire 投票 调查 问卷 アンケート 투표 설문 votar encuesta enquete sondage umfrage sondaggio опрос
collect gather aggregate accumulate 收集 聚合 収集 集める 수집 recopilar recolectar coletar collecter sammeln raccogliere собрать
organize arrange group categorize classify tidy 整理 组织 分类 整理する 정리 organizar organiser organisieren ordnen organizzare организовать
crop resize scale rotate flip trim shrink 裁剪 缩放 旋转 调整大小 切り抜き 回転 자르기 회전 크기 recortar redimensionar girar recadrer redimensionner zuschneiden drehen ritagliare обрезать
blur mask hide redact obscure 模糊 遮盖 ぼかし 隠す 흐리게 ocultar esconder masquer cacher verbergen nascondere скрыть
mix blend stir
print
measure gauge meter benchmark 测量 测定 測定 측정 medir mesurer messen misurare измерить
stage unstage track index
commit checkin
switch toggle checkout change flip 切换 切り替え 전환 cambiar alternar basculer wechseln umschalten cambiare переключить
discover explore browse find 发现 探索 発見 발견 descubrir explorar decouvrir entdecken scoprire исследовать
promote advertise market advertisement 推广 宣传 广告 広告 宣伝 광고 홍보 anunciar publicidad anuncio promouvoir publicite werben werbung pubblicita реклама
negotiate bargain haggle
hire recruit employ staff 招聘 雇用 採用 채용 contratar recruter einstellen assumere нанять
apply enroll register signup 申请 注册 报名 登録 申し込む 신청 등록 solicitar registrar inscribir inscrever inscrire bewerben anmelden registrieren iscrivere зарегистрировать
query select sql 查询 クエリ 쿼리 consultar consulta requete abfrage abfragen запрос
refund reimburse reimbursement repay repayment chargeback moneyback payback 退款 退费 返金 払い戻し 환불 reembolso reembolsar devolucion remboursement rembourser ruckerstattung erstattung erstatten rimborso rimborsare возврат
postpone defer reschedule putoff pushback 推迟 延期 改期 연기 aplazar posponer adiar reporter verschieben rimandare rinviare отложить перенести
revoke withdraw rescind takeaway 吊销 取り消し 철회 revocar revogar revoquer widerrufen revocare отозвать
escalate handover handoff 升级处理 引き継ぎ escalar escalader eskalieren
lock suspend disable deactivate 锁定 停用 ロック 無効 잠금 비활성 bloquear desactivar desativar verrouiller desactiver sperren deaktivieren bloccare заблокировать отключить
unlock reactivate reinstate 解锁 解除 잠금해제 desbloquear reactivar debloquer entsperren sbloccare разблокировать
`;
