#include <dlfcn.h>
#include <libpq-fe.h>

#include <string>

#include "planner/error.h"

// libpq brings thirty libraries along (TLS, Kerberos, LDAP): loading them costs as much time as judging a
// migration does, and most runs of planner never open a connection. So the program is not linked with it:
// these functions stand in for its own and load it when the first of them is called.
namespace planner::database {
namespace {

void* library() {
  static void* const loaded = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) throw Error("libpq.so.5 cannot be loaded", "install Debian's libpq5");
  return loaded;
}

template <typename Function>
Function* of_library(const char* name) {
  void* const found = ::dlsym(library(), name);
  if (found == nullptr)
    throw Error("libpq.so.5 has no " + std::string(name), "install Debian 12's libpq5 or newer");
  return reinterpret_cast<Function*>(found);
}

}  // namespace
}  // namespace planner::database

using planner::database::of_library;

extern "C" {

int PQbackendPID(const PGconn* conn) {
  static const auto call = of_library<decltype(PQbackendPID)>("PQbackendPID");
  return call(conn);
}

int PQcancel(PGcancel* cancel, char* errbuf, int errbufsize) {
  static const auto call = of_library<decltype(PQcancel)>("PQcancel");
  return call(cancel, errbuf, errbufsize);
}

void PQclear(PGresult* res) {
  static const auto call = of_library<decltype(PQclear)>("PQclear");
  call(res);
}

char* PQcmdStatus(PGresult* res) {
  static const auto call = of_library<decltype(PQcmdStatus)>("PQcmdStatus");
  return call(res);
}

char* PQcmdTuples(PGresult* res) {
  static const auto call = of_library<decltype(PQcmdTuples)>("PQcmdTuples");
  return call(res);
}

PQconninfoOption* PQconndefaults() {
  static const auto call = of_library<decltype(PQconndefaults)>("PQconndefaults");
  return call();
}

PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values, int expand_dbname) {
  static const auto call = of_library<decltype(PQconnectdbParams)>("PQconnectdbParams");
  return call(keywords, values, expand_dbname);
}

void PQconninfoFree(PQconninfoOption* conn_options) {
  static const auto call = of_library<decltype(PQconninfoFree)>("PQconninfoFree");
  call(conn_options);
}

PQconninfoOption* PQconninfoParse(const char* conninfo, char** errmsg) {
  static const auto call = of_library<decltype(PQconninfoParse)>("PQconninfoParse");
  return call(conninfo, errmsg);
}

int PQconsumeInput(PGconn* conn) {
  static const auto call = of_library<decltype(PQconsumeInput)>("PQconsumeInput");
  return call(conn);
}

char* PQerrorMessage(const PGconn* conn) {
  static const auto call = of_library<decltype(PQerrorMessage)>("PQerrorMessage");
  return call(conn);
}

void PQfinish(PGconn* conn) {
  static const auto call = of_library<decltype(PQfinish)>("PQfinish");
  call(conn);
}

char* PQfname(const PGresult* res, int field_num) {
  static const auto call = of_library<decltype(PQfname)>("PQfname");
  return call(res, field_num);
}

void PQfreeCancel(PGcancel* cancel) {
  static const auto call = of_library<decltype(PQfreeCancel)>("PQfreeCancel");
  call(cancel);
}

void PQfreemem(void* ptr) {
  static const auto call = of_library<decltype(PQfreemem)>("PQfreemem");
  call(ptr);
}

PGcancel* PQgetCancel(PGconn* conn) {
  static const auto call = of_library<decltype(PQgetCancel)>("PQgetCancel");
  return call(conn);
}

int PQgetCopyData(PGconn* conn, char** buffer, int async) {
  static const auto call = of_library<decltype(PQgetCopyData)>("PQgetCopyData");
  return call(conn, buffer, async);
}

PGresult* PQgetResult(PGconn* conn) {
  static const auto call = of_library<decltype(PQgetResult)>("PQgetResult");
  return call(conn);
}

int PQgetisnull(const PGresult* res, int tup_num, int field_num) {
  static const auto call = of_library<decltype(PQgetisnull)>("PQgetisnull");
  return call(res, tup_num, field_num);
}

int PQgetlength(const PGresult* res, int tup_num, int field_num) {
  static const auto call = of_library<decltype(PQgetlength)>("PQgetlength");
  return call(res, tup_num, field_num);
}

char* PQgetvalue(const PGresult* res, int tup_num, int field_num) {
  static const auto call = of_library<decltype(PQgetvalue)>("PQgetvalue");
  return call(res, tup_num, field_num);
}

int PQisBusy(PGconn* conn) {
  static const auto call = of_library<decltype(PQisBusy)>("PQisBusy");
  return call(conn);
}

int PQnfields(const PGresult* res) {
  static const auto call = of_library<decltype(PQnfields)>("PQnfields");
  return call(res);
}

int PQntuples(const PGresult* res) {
  static const auto call = of_library<decltype(PQntuples)>("PQntuples");
  return call(res);
}

const char* PQparameterStatus(const PGconn* conn, const char* param_name) {
  static const auto call = of_library<decltype(PQparameterStatus)>("PQparameterStatus");
  return call(conn, param_name);
}

PGPing PQpingParams(const char* const* keywords, const char* const* values, int expand_dbname) {
  static const auto call = of_library<decltype(PQpingParams)>("PQpingParams");
  return call(keywords, values, expand_dbname);
}

int PQputCopyEnd(PGconn* conn, const char* errormsg) {
  static const auto call = of_library<decltype(PQputCopyEnd)>("PQputCopyEnd");
  return call(conn, errormsg);
}

char* PQresultErrorField(const PGresult* res, int fieldcode) {
  static const auto call = of_library<decltype(PQresultErrorField)>("PQresultErrorField");
  return call(res, fieldcode);
}

ExecStatusType PQresultStatus(const PGresult* res) {
  static const auto call = of_library<decltype(PQresultStatus)>("PQresultStatus");
  return call(res);
}

int PQsendQuery(PGconn* conn, const char* query) {
  static const auto call = of_library<decltype(PQsendQuery)>("PQsendQuery");
  return call(conn, query);
}

int PQsendQueryParams(PGconn* conn, const char* command, int n_params, const Oid* param_types,
                      const char* const* param_values, const int* param_lengths, const int* param_formats,
                      int result_format) {
  static const auto call = of_library<decltype(PQsendQueryParams)>("PQsendQueryParams");
  return call(conn, command, n_params, param_types, param_values, param_lengths, param_formats,
              result_format);
}

int PQserverVersion(const PGconn* conn) {
  static const auto call = of_library<decltype(PQserverVersion)>("PQserverVersion");
  return call(conn);
}

PQnoticeReceiver PQsetNoticeReceiver(PGconn* conn, PQnoticeReceiver proc, void* arg) {
  static const auto call = of_library<decltype(PQsetNoticeReceiver)>("PQsetNoticeReceiver");
  return call(conn, proc, arg);
}

int PQsocket(const PGconn* conn) {
  static const auto call = of_library<decltype(PQsocket)>("PQsocket");
  return call(conn);
}

ConnStatusType PQstatus(const PGconn* conn) {
  static const auto call = of_library<decltype(PQstatus)>("PQstatus");
  return call(conn);
}

PGTransactionStatusType PQtransactionStatus(const PGconn* conn) {
  static const auto call = of_library<decltype(PQtransactionStatus)>("PQtransactionStatus");
  return call(conn);
}
}
