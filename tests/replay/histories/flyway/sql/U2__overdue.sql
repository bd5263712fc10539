DROP TABLE billing.invoice;
