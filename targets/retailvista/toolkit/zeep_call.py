"""Calls RetailVista's mock from its WSDL with zeep, a SOAP toolkit that is not ours.

usage: zeep_call.py URL  (credentials in RETAILVISTA_API_TOKEN, _USERNAME, _PASSWORD, _COMPANY_NUMBER, _STORE_NUMBER)
Prints the result of ValidateUser, or the fault, on one line.
"""

import os
import sys

import requests
import zeep
from zeep.transports import Transport


def main(url):
    http = requests.Session()
    http.headers["ApiToken"] = os.environ["RETAILVISTA_API_TOKEN"]
    client = zeep.Client(url + "/securitycomponents.asmx?wsdl", transport=Transport(session=http, timeout=10, operation_timeout=10))
    token = {
        "Username": os.environ["RETAILVISTA_USERNAME"],
        "Password": os.environ["RETAILVISTA_PASSWORD"],
        "CompanyNumber": os.environ["RETAILVISTA_COMPANY_NUMBER"],
        "StoreNumber": os.environ["RETAILVISTA_STORE_NUMBER"],
        "ScannerNumber": "",
        "MobileDeviceNumber": "",
    }
    try:
        print("result:", client.service.ValidateUser(_soapheaders={"Retail3000AuthenticateToken": token}))
    except zeep.exceptions.Fault as fault:
        print("fault:", fault.code, fault.message)


main(sys.argv[1])
